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
	file, err := s.photo(c, c.files["photo"], c.params["photo"])
	if err != nil {
		return nil, err
	}
	return s.postMedia(c, &Message{
		Photo: file, onTop: c.flag("show_caption_above_media"), spoilt: c.flag("has_spoiler"),
	})
}

func sendDocument(s *Server, c *call) (any, *apiError) {
	file, err := s.document(c, c.files["document"], c.params["document"])
	if err != nil {
		return nil, err
	}
	return s.postMedia(c, &Message{Document: file})
}

func (s *Server) postMedia(c *call, m *Message) (any, *apiError) {
	text, entities, err := s.caption(c, c.params["caption"], c.params["parse_mode"], c.params["caption_entities"])
	if err != nil {
		return nil, err
	}
	m.Text, m.Entities = text, entities
	return s.post(c, m)
}

// photo takes an upload or the id of a photo sent before, and measures it.
func (s *Server) photo(c *call, upload *File, id string) (*File, *apiError) {
	f, err := s.file(c, upload, id, "photo")
	if err != nil || f.Width > 0 {
		return f, err
	}
	if len(f.Data) > maxPhotoBytes {
		s.violate("%s: photo of %d bytes", c.name, len(f.Data))
		return nil, badRequest("file is too big")
	}
	size, format, bad := image.DecodeConfig(bytes.NewReader(f.Data))
	if bad != nil {
		s.violate("%s: the photo is no image: %v", c.name, bad)
		return nil, badRequest("IMAGE_PROCESS_FAILED")
	}
	w, h := size.Width, size.Height
	if w+h > maxPhotoSides || w > maxPhotoRatio*h || h > maxPhotoRatio*w {
		s.violate("%s: photo of %d by %d pixels", c.name, w, h)
		return nil, badRequest("PHOTO_INVALID_DIMENSIONS")
	}
	f.Width, f.Height, f.MIME = w, h, "image/"+format
	return s.keep(f), nil
}

func (s *Server) document(c *call, upload *File, id string) (*File, *apiError) {
	f, err := s.file(c, upload, id, "document")
	if err != nil || f.ID != "" {
		return f, err
	}
	if len(f.Data) > maxFileBytes {
		s.violate("%s: document of %d bytes", c.name, len(f.Data))
		return nil, &apiError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}
	}
	f.MIME = http.DetectContentType(f.Data)
	return s.keep(f), nil
}

// file is the upload, or the file sent before whose id is given. Links are refused: the simulator fetches nothing.
func (s *Server) file(c *call, upload *File, id, what string) (*File, *apiError) {
	switch {
	case upload != nil && len(upload.Data) == 0:
		s.violate("%s: empty %s", c.name, what)
		return nil, badRequest("file must be non-empty")
	case upload != nil:
		fresh := *upload
		return &fresh, nil
	case id == "":
		s.violate("%s: no %s", c.name, what)
		return nil, badRequest("there is no %s in the request", what)
	case s.files[id] == nil:
		s.violate("%s: %s is neither an upload nor the id of a file", c.name, what)
		return nil, badRequest("wrong remote file identifier specified: Wrong string length")
	case (s.files[id].Width > 0) != (what == "photo"):
		return nil, badRequest("type of file mismatch")
	}
	return s.files[id], nil
}

// keep gives an uploaded file an id that depends on its content and its turn.
func (s *Server) keep(f *File) *File {
	h := fnv.New64a()
	h.Write(f.Data)
	f.ID = "sim" + strconv.Itoa(len(s.files)+1) + "-" + strconv.FormatUint(h.Sum64(), 36)
	s.files[f.ID] = f
	return f
}

func (f *File) wirePhoto() []wirePhoto {
	return []wirePhoto{{FileID: f.ID, FileUniqueID: "u" + f.ID, Width: f.Width, Height: f.Height, FileSize: len(f.Data)}}
}

func (f *File) wireDocument() *wireDocument {
	return &wireDocument{FileID: f.ID, FileUniqueID: "u" + f.ID, FileName: f.Name, MimeType: f.MIME, FileSize: len(f.Data)}
}
