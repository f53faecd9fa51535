package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody is a little over the 50 MB that Telegram takes as an upload.
const maxBody = 52 << 20

// call is a request whose parameters have been read, whatever the form they came in.
type call struct {
	ctx      context.Context
	name     string // the method, as the bot wrote it
	params   map[string]string
	files    map[string]*File
	repeated []string // parameters given more than once
	now      time.Time
}

// readCall reads the parameters from a body that is multipart or JSON, as the bot sends them. Telegram also takes them
// urlencoded and in the address.
func readCall(w http.ResponseWriter, r *http.Request, name string) (*call, *apiError) {
	c := &call{ctx: r.Context(), name: name, params: map[string]string{}, files: map[string]*File{}}
	if r.URL.RawQuery != "" {
		return nil, badRequest("the simulator reads no parameters from the address")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind, attrs, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method == http.MethodGet || err != nil && r.ContentLength == 0:
		return c, nil
	case kind == "multipart/form-data":
		err = c.readMultipart(multipart.NewReader(r.Body, attrs["boundary"]))
	case kind == "application/json":
		err = c.readJSON(r.Body)
	default:
		err = fmt.Errorf("the simulator does not read %q", kind)
	}
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		return nil, &apiError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}
	}
	if err != nil {
		return nil, badRequest("can't parse request: %v", err)
	}
	return c, nil
}

func (c *call) add(name, value string) {
	if _, ok := c.params[name]; ok {
		c.repeated = append(c.repeated, name)
	}
	c.params[name] = value
}

func (c *call) readMultipart(r *multipart.Reader) error {
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FileName() == "" {
			c.add(part.FormName(), string(data))
			continue
		}
		c.files[part.FormName()] = &File{Name: part.FileName(), Data: data}
	}
}

// readJSON takes an object apart: strings lose their quotes, null means absent, the rest stays JSON text.
func (c *call) readJSON(body io.Reader) error {
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(body).Decode(&fields); err != nil {
		return err
	}
	for name, raw := range fields {
		var text string
		switch {
		case string(raw) == "null":
		case json.Unmarshal(raw, &text) == nil:
			c.add(name, text)
		default:
			c.add(name, string(raw))
		}
	}
	return nil
}

// attaches reports whether a parameter refers to the file part as attach://name.
func (c *call) attaches(name string) bool {
	for _, v := range c.params {
		if strings.Contains(v, "attach://"+name) {
			return true
		}
	}
	return false
}

func (c *call) has(name string) bool {
	_, ok := c.params[name]
	return ok
}

// number reads an integer parameter; absent or empty is 0, as on Telegram.
func (c *call) number(name string) (int64, *apiError) {
	text := c.params[name]
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, badRequest("invalid %s specified", name)
	}
	return n, nil
}

// flag reads a boolean parameter the way Telegram does: true, yes and 1 are true, the rest is false.
func (c *call) flag(name string) bool {
	switch strings.ToLower(c.params[name]) {
	case "true", "yes", "1":
		return true
	}
	return false
}
