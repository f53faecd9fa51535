package main

import "net/http"

// sameHostOnly lets in requests that were meant for this very address. A page of somebody else's, opened in the same
// browser, can send requests to loopback, and a name of theirs can point there: Host and Origin give both away.
func sameHostOnly(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host {
			http.Error(w, "this address is for "+host+" only", http.StatusMisdirectedRequest)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+host {
			http.Error(w, "requests from other pages are refused", http.StatusForbidden)
			return
		}
		w.Header().Set("Referrer-Policy", "same-origin") // the page's path is a key
		next.ServeHTTP(w, r)
	})
}
