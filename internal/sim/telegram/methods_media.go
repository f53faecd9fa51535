package telegram

import (
	"bytes"
	"hash/fnv"
	"image"
	_ "image/gif"  // photos may be GIF,
	_ "image/jpeg" // JPEG
	_ "image/png"  // or PNG
	"net/http"
	"strconv"
)

// Sizes that Telegram takes.
const (
	maxPhotoBytes = 10 << 20
	maxFileBytes  = 50 << 20
	maxPhotoSides = 10000 // width and height together
	maxPhotoRatio = 20
)

func sendPhoto(s *Server, c *call) (any, *apiError) {
	file, err := s.photo(c, "photo")
	if err != nil {
		return nil, err
	}
	return s.postMedia(c, &Message{Photo: file})
}

func sendDocument(s *Server, c *call) (any, *apiError) {
	file, err := s.document(c, "document")
	if err != nil {
		return nil, err
	}
	return s.postMedia(c, &Message{Document: file})
}

func (s *Server) postMedia(c *call, m *Message) (any, *apiError) {
	text, entities, err := s.caption(c, c.params["caption"], c.params["parse_mode"])
	if err != nil {
		return nil, err
	}
	m.Text, m.Entities = text, entities
	return s.post(c, m)
}

// photo takes an upload and measures it.
func (s *Server) photo(c *call, part string) (*File, *apiError) {
	f, err := s.upload(c, part)
	if err != nil {
		return nil, err
	}
	if len(f.Data) > maxPhotoBytes {
		s.violation("%s: photo of %d bytes", c.name, len(f.Data))
		return nil, badRequest("file is too big")
	}
	size, format, bad := image.DecodeConfig(bytes.NewReader(f.Data))
	if bad != nil {
		s.violation("%s: the photo is no image: %v", c.name, bad)
		return nil, badRequest("IMAGE_PROCESS_FAILED")
	}
	w, h := size.Width, size.Height
	if w+h > maxPhotoSides || w > maxPhotoRatio*h || h > maxPhotoRatio*w {
		s.violation("%s: photo of %d by %d pixels", c.name, w, h)
		return nil, badRequest("PHOTO_INVALID_DIMENSIONS")
	}
	f.Width, f.Height, f.MIME = w, h, "image/"+format
	return s.storeFile(f), nil
}

func (s *Server) document(c *call, part string) (*File, *apiError) {
	f, err := s.upload(c, part)
	if err != nil {
		return nil, err
	}
	if len(f.Data) > maxFileBytes {
		s.violation("%s: document of %d bytes", c.name, len(f.Data))
		return nil, &apiError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}
	}
	f.MIME = http.DetectContentType(f.Data)
	return s.storeFile(f), nil
}

// upload is the file that came as this part. Links and ids of files sent before are refused.
func (s *Server) upload(c *call, part string) (*File, *apiError) {
	f := c.files[part]
	switch {
	case f == nil:
		s.violation("%s: no upload %q", c.name, part)
		return nil, badRequest("there is no %s in the request", part)
	case len(f.Data) == 0:
		s.violation("%s: empty %s", c.name, part)
		return nil, badRequest("file must be non-empty")
	}
	fresh := *f
	return &fresh, nil
}

// storeFile gives an uploaded file an id that depends on its content and its turn.
func (s *Server) storeFile(f *File) *File {
	h := fnv.New64a()
	h.Write(f.Data)
	s.files++
	f.ID = "sim" + strconv.Itoa(s.files) + "-" + strconv.FormatUint(h.Sum64(), 36)
	return f
}

func (f *File) wirePhoto() []wirePhoto {
	return []wirePhoto{{FileID: f.ID, FileUniqueID: "u" + f.ID, Width: f.Width, Height: f.Height, FileSize: len(f.Data)}}
}

func (f *File) wireDocument() *wireDocument {
	return &wireDocument{FileID: f.ID, FileUniqueID: "u" + f.ID, FileName: f.Name, MimeType: f.MIME, FileSize: len(f.Data)}
}
