package viewtest

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strings"

	"kitebot/internal/bot/view"
)

// The limits of uploads.
const (
	maxCaption   = 1024 // UTF-16 units after the tags are parsed
	maxPhoto     = 10 << 20
	maxSides     = 10000 // width and height together
	maxRatio     = 20
	maxFile      = 50 << 20
	maxFileName  = 60 // longer ones are cut
	badFileChars = "/\\\"\r\n\x00"
)

// PNG returns a picture of that many pixels, all of one shade: for tests to which
// it does not matter what is to be seen, only whether it is another picture.
func PNG(width, height int, shade uint8) []byte {
	img := image.NewGray(image.Rect(0, 0, width, height))
	copy(img.Pix, bytes.Repeat([]byte{shade}, len(img.Pix)))
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // memory takes everything
	}
	return b.Bytes()
}

// hasMedia says that the text of m is a caption.
func hasMedia(m view.Message) bool { return m.Photo != nil || m.File != nil }

func checkMedia(m view.Message) error {
	switch {
	case m.Photo != nil && m.File != nil:
		return errors.New("a photo and a file in one message")
	case m.Rich != nil:
		return errors.New("native blocks with a photo or a file")
	case m.Photo != nil:
		return checkPhoto(m.Photo)
	}
	return checkFile(*m.File)
}

func checkPhoto(data []byte) error {
	if len(data) == 0 || len(data) > maxPhoto {
		return fmt.Errorf("photo of %d bytes", len(data))
	}
	size, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("photo is no PNG: %w", err)
	}
	if w, h := size.Width, size.Height; w+h > maxSides || w > maxRatio*h || h > maxRatio*w {
		return fmt.Errorf("photo of %d×%d pixels", w, h)
	}
	return nil
}

func checkFile(f view.File) error {
	switch {
	case f.Name == "" || len(f.Name) > maxFileName || strings.ContainsAny(f.Name, badFileChars):
		return fmt.Errorf("file name %q", f.Name)
	case f.MIME == "":
		return errors.New("file without a type")
	case len(f.Data) == 0 || len(f.Data) > maxFile:
		return fmt.Errorf("file of %d bytes", len(f.Data))
	}
	return nil
}

// dumpMedia writes what stands above a caption, "" for a text.
func dumpMedia(m view.Message) string {
	var lines string
	if m.Photo != nil {
		lines += "(photo " + dimensions(m.Photo) + ")\n"
	}
	if m.File != nil {
		lines += fmt.Sprintf("(file %s, %d bytes)\n", m.File.Name, len(m.File.Data))
	}
	return lines
}

func dimensions(photo []byte) string {
	size, err := png.DecodeConfig(bytes.NewReader(photo))
	if err != nil {
		return "that is no picture"
	}
	return fmt.Sprintf("%d×%d", size.Width, size.Height)
}
