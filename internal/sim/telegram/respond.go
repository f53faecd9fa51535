package telegram

import (
	"encoding/json"
	"fmt"
	"net/http"
	"unicode/utf16"
	"unicode/utf8"
)

// apiError is a refusal in Telegram's shape.
type apiError struct {
	Code        int    // HTTP status and error_code; 0 only for a connection that was dropped
	Description string // Telegram's words
	RetryAfter  int    // seconds, for 429
}

// badRequest is a 400 with Telegram's usual prefix.
func badRequest(format string, args ...any) *apiError {
	return &apiError{Code: http.StatusBadRequest, Description: "Bad Request: " + sprintf(format, args...)}
}

func tooMany(seconds int) *apiError {
	return &apiError{
		Code: http.StatusTooManyRequests, RetryAfter: seconds,
		Description: sprintf("Too Many Requests: retry after %d", seconds),
	}
}

// described is a result that Telegram sends with a description, as for setWebhook.
type described struct {
	Result      any
	Description string
}

type envelope struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result,omitempty"`
	ErrorCode   int             `json:"error_code,omitempty"`
	Description string          `json:"description,omitempty"`
	Parameters  *parameters     `json:"parameters,omitempty"`
}

type parameters struct {
	RetryAfter int `json:"retry_after,omitempty"`
}

func writeError(w http.ResponseWriter, e *apiError) { writeJSON(w, e.Code, refusalBody(e)) }

func writeResult(w http.ResponseWriter, result any) { writeJSON(w, http.StatusOK, resultBody(result)) }

func refusalBody(e *apiError) envelope {
	body := envelope{ErrorCode: e.Code, Description: e.Description}
	if e.RetryAfter > 0 {
		body.Parameters = &parameters{RetryAfter: e.RetryAfter}
	}
	return body
}

func resultBody(result any) envelope {
	body := envelope{OK: true, Result: marshal(plain(result))}
	if d, ok := result.(described); ok {
		body.Description = d.Description
	}
	return body
}

// plain takes the sentence off a described result.
func plain(result any) any {
	if d, ok := result.(described); ok {
		return d.Result
	}
	return result
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(marshal(body)) // the client may have hung up
}

// marshal cannot fail: it is only given this package's own types.
func marshal(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("simulator: marshal %T: %v", v, err))
	}
	return data
}

func sprintf(format string, args ...any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// units counts UTF-16 code units, Telegram's measure for lengths and offsets.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cutUnits returns the part of s between two UTF-16 offsets.
func cutUnits(s string, from, to int) string {
	start, end, n := len(s), len(s), 0
	for i, r := range s {
		if n == from && start == len(s) {
			start = i
		}
		if n == to {
			end = i
			break
		}
		n += utf16.RuneLen(r)
	}
	if start > end {
		return ""
	}
	return s[start:end]
}

// validText reports whether s is UTF-8: Telegram refuses anything else.
func validText(s string) bool { return utf8.ValidString(s) }

func conflict(format string, args ...any) *apiError {
	return &apiError{Code: http.StatusConflict, Description: "Conflict: " + sprintf(format, args...)}
}

// twoPollers is the answer to the older of two getUpdates requests.
func twoPollers() *apiError {
	return conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
}
