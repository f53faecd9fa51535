package main

// An image made of this program alone has neither roots of trust nor time zones,
// so the program has both aboard. They are the last resort: certificates that
// the machine has, or that SSL_CERT_FILE or SSL_CERT_DIR names, win over those
// here. No figure hangs on the zones: Indian time is a fixed offset, and the log
// is in UTC. They are for TZ, so that no image has to be built for its sake.
import (
	_ "time/tzdata"

	_ "golang.org/x/crypto/x509roots/fallback"
)
