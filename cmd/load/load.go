package main

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// options are what is measured, and with how many users.
type options struct {
	only     string        // a group of rows; "" for all
	people   int           // with a stream, where a row does not say otherwise
	known    int           // in the store, of whom people are logged in
	rate     float64       // commands a second
	lasts    time.Duration // of one measurement
	holdings int           // of each account
}

// load is one run of this program: the fakes, what is measured, and the rows that came of it.
type load struct {
	options
	*fakes
	folder   string
	key      []byte // of every store
	children []*child
	rows     []row
}

// newFakes starts the fakes. Every account has that many holdings.
func newFakes(holdings int) (*fakes, error) {
	f := &fakes{updates: make(chan update, 1<<17), polls: make(chan time.Time, 1), listener: func(answer) {}, account: toolResult(manyHoldings(holdings), false)}
	kite, telegram := http.NewServeMux(), http.NewServeMux()
	kite.HandleFunc("GET /sse", f.openStream)
	kite.HandleFunc("POST /message", f.takeMessage)
	kite.HandleFunc("POST /mcp", f.takeCall)
	telegram.HandleFunc("POST /{bot}/getUpdates", f.getUpdates)
	telegram.HandleFunc("POST /{bot}/{method}", f.method)
	f.kite.handler, f.telegram.handler = kite, telegram
	return f, errors.Join(f.kite.start(), f.telegram.start())
}

func newLoad(o options) (*load, error) {
	folder, err := os.MkdirTemp("", "kitebot-load-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	l := &load{options: o, folder: folder, key: make([]byte, 32)}
	_, _ = rand.Read(l.key) // never fails
	if l.fakes, err = newFakes(o.holdings); err == nil {
		cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.kite.server.Certificate().Raw}) // Telegram's end has the same
		err = os.WriteFile(l.certFile(), cert, 0o600)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// certFile holds the certificate of the fakes. The measured processes trust that one alone, so that they speak TLS
// as they do in production.
func (l *load) certFile() string { return filepath.Join(l.folder, "ca.pem") }

// close ends what still runs, and removes everything that was written.
func (l *load) close() {
	for _, c := range l.children {
		_ = c.stop() // it was stopped where that matters
	}
	l.kite.stop()
	l.telegram.stop()
	_ = os.RemoveAll(l.folder)
}

// token is the bot's: a made-up one.
const token = "1000001:load-load-load-load-load-load-load"

// childEnv is the environment of every child: the settings of a bot, and the addresses of the fakes for the floor.
func (l *load) childEnv() []string {
	return []string{
		"SSL_CERT_FILE=" + l.certFile(), "SSL_CERT_DIR=" + filepath.Join(l.folder, "none"), // every file of a folder would be read
		"TELEGRAM_BOT_TOKEN=" + token, "TELEGRAM_API_URL=https://" + l.telegram.addr,
		"KITE_MCP_URL=https://" + l.kite.addr + "/sse", "KITE_LOGIN_HOSTS=kite.example",
		"ALLOWED_USERS=*", "USER_RATE=off", "SEND_RATE=off", "HTTP_ADDR=off", "STORE_KEY=" + base64.StdEncoding.EncodeToString(l.key),
		kiteEnv + "=https://" + l.kite.addr, telegramEnv + "=https://" + l.telegram.addr + "/bot" + token,
	}
}

// startChild starts this program again, in another role.
func (l *load) startChild(role string, env ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	c := &child{name: role}
	if err := c.start(l, exec.Command(self, role), env); err != nil {
		return nil, err
	}
	return c, nil
}

// start starts a process and reads from its first line where its debug address is.
func (c *child) start(l *load, cmd *exec.Cmd, env []string) error {
	file, err := os.CreateTemp(l.folder, c.name+"-*.log")
	if err != nil {
		return fmt.Errorf("make a log: %w", err)
	}
	defer file.Close()
	c.cmd, c.log = cmd, file.Name()
	cmd.Env = append(os.Environ(), append(l.childEnv(), env...)...)
	cmd.Stderr, cmd.Dir = file, l.folder
	out, err1 := cmd.StdoutPipe()
	_, err2 := cmd.StdinPipe() // held open: see attended
	c.began = time.Now()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	l.children = append(l.children, c)
	if len(cmd.Args) == 1 { // a program as it is shipped has no debug address
		return nil
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return errors.Join(fmt.Errorf("%s did not start, see %s", c.name, c.log), c.stop())
	}
	c.debugURL = strings.TrimSpace(line)
	log.Printf("%s: %s/debug/pprof/", c.name, c.debugURL)
	return nil
}

// row is a line of the table.
type row struct{ what, ours, floor, reach, reached string }

// target adds a figure, and whether it reaches what it has to. The floor is empty where there is none.
func (l *load) target(what, ours, floor, reach string, reached bool) {
	l.rows = append(l.rows, row{what, ours, floor, reach, map[bool]string{true: "yes", false: "NO"}[reached]})
}

// note adds a figure that has no target of its own.
func (l *load) note(what, ours, floor string) {
	l.rows = append(l.rows, row{what: "  " + what, ours: ours, floor: floor})
}

// print writes the table.
func (l *load) print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nwhat\tmeasured\tfloor\treach\treached")
	for _, r := range l.rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.floor, r.reach, r.reached)
	}
	return t.Flush()
}

// ms writes a time in milliseconds, us in microseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

func us(d time.Duration) string { return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond)) }

// mb and kib write bytes: those of a process in millions, those of a session in the unit of the table.
func mb(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

func kib(bytes int64) string { return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10)) }
