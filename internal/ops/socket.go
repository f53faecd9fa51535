package ops

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// longestSocket is how many bytes the path of a Unix socket may have on every
// system we know of. Linux takes four more.
const longestSocket = 103

var (
	// ErrSocketTooLong: the system cannot have a socket of that name.
	ErrSocketTooLong = fmt.Errorf("the path of the socket is longer than %d bytes", longestSocket)
	// ErrSocketTaken: another process listens on the socket.
	ErrSocketTaken = errors.New("another process listens on the socket")
	// ErrNoSocket: something that is not a socket has its name.
	ErrNoSocket = errors.New("a file that is no socket is in its place")
)

// SocketPath is where the process that has the store at that path listens.
func SocketPath(store string) string { return store + ".sock" }

// ListenSocket makes a Unix socket with mode 0600 and listens on it. What a
// killed process left there is replaced; a socket on which a process answers,
// and whatever is not a socket, is left alone. Closing the listener removes the
// socket.
//
// The socket is made in a folder that no other user can enter and moved into its
// place once it is private, so there is no moment at which others can connect,
// whatever the umask is. That two processes do not make it at the same time is
// the caller's business: it holds the lock of the store.
func ListenSocket(path string) (net.Listener, error) {
	if err := CheckSocket(path); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), ".sock") // mode 0700
	if err != nil {
		return nil, fmt.Errorf("make a folder for the socket: %w", err)
	}
	defer os.RemoveAll(folder)
	hidden := filepath.Join(folder, "s")
	if len(hidden) > longestSocket {
		return nil, ErrSocketTooLong
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: hidden, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("make the socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // it would remove the old name
	made, err := publish(hidden, path)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &socket{UnixListener: l, path: path, made: made}, nil
}

// CheckSocket returns nil when a socket can be put there, and [ErrSocketTaken]
// when a process listens on the one that is there.
func CheckSocket(path string) error {
	if len(path) > longestSocket {
		return ErrSocketTooLong
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at the socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return ErrNoSocket
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		return errors.Join(ErrSocketTaken, conn.Close())
	case errors.Is(err, syscall.ECONNREFUSED): // no process has it open
		return nil
	default:
		return fmt.Errorf("ask who has the socket: %w", err)
	}
}

// publish gives a socket its mode and its name.
func publish(hidden, path string) (os.FileInfo, error) {
	if err := os.Chmod(hidden, 0o600); err != nil {
		return nil, fmt.Errorf("make the socket private: %w", err)
	}
	made, err := os.Lstat(hidden)
	if err != nil {
		return nil, fmt.Errorf("look at the socket: %w", err)
	}
	if err := os.Rename(hidden, path); err != nil {
		return nil, fmt.Errorf("put the socket in its place: %w", err)
	}
	return made, nil
}

// socket is a listener that takes its name away when it is closed, unless the
// name belongs to another process by now.
type socket struct {
	*net.UnixListener
	path string
	made os.FileInfo
}

func (s *socket) Close() error {
	var err error
	if info, failed := os.Lstat(s.path); failed == nil && os.SameFile(info, s.made) {
		err = os.Remove(s.path)
	}
	return errors.Join(err, s.UnixListener.Close())
}
