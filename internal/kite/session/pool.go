// Package session keeps one MCP session per person alive: from the login link
// over the browser login to the last answer, through lost streams and restarts
// of the bot. It is the heart of the product.
//
// The rules it keeps (docs/ARCHITECTURE.md, "A session's life"):
//
//   - No path reaches a session without the id of the person who asked.
//   - `login` is called exactly once on a session, `initialize` never again.
//   - Nothing but the server ends a login, and nothing but /logout, a contested
//     or a usurped session sends it a DELETE.
//   - No answer is handed out that could be another account's: see prove.
package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"kitebot/internal/clock"
	"kitebot/internal/kite"
	"kitebot/internal/stdlog"
)

// Options are what a Pool is made of. Dialer, Store and Notify are required.
type Options struct {
	Dialer     Dialer
	Authorizer Authorizer // nil: no login by OAuth
	Store      Store
	LoginHosts []string    // hosts a login link may point to
	Notify     func(Event) // told what happened by itself; must not block, nor ask the pool
	Meter      Meter       // nil counts nothing
	Clock      clock.Clock // nil = the real one
	Logger     *slog.Logger
	Timing     Timing
}

// Pool holds the sessions of all people. Its methods may be called from any
// goroutine.
type Pool struct {
	Options
	quiet       *rate.Limiter   // background calls of all people; see Timing.Quiet
	cachedBytes atomic.Int64    // of cached answers, see maxCached
	expiries    *expirySchedule // who is to be warned, and when
	opening     chan struct{}   // a place for each session that is being opened

	exchanges *exchanges // of codes of logins by OAuth
	// started is a moment of this process. What an earlier one left is older, whatever
	// the wall says. linkAt holds Login.LinkAt of the logins made since, by their
	// person, while it says more than started: see load.
	started time.Time
	linkAt  sync.Map

	ctx  context.Context // ends when the pool closes
	stop context.CancelFunc
	wg   sync.WaitGroup // every goroutine of the pool

	mu       sync.Mutex
	closed   bool
	sweeping bool // the goroutine that tidies up runs; see startSweeper
	people   map[int64]*person

	unknownLink UnknownLink
}

// New makes a Pool. Nothing is dialled before Start or the first request.
func New(o Options) *Pool {
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Meter == nil {
		o.Meter = noopMeter{}
	}
	o.Timing = o.Timing.orDefaults()
	p := &Pool{
		Options: o, people: map[int64]*person{}, quiet: rate.NewLimiter(rate.Limit(o.Timing.Quiet), 2*o.Timing.Quiet),
		expiries: newExpirySchedule(), opening: make(chan struct{}, o.Timing.Opens),
		exchanges: newExchanges(), started: o.Clock.Now(),
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// Start resumes what an earlier process left: links to watch, logins to announce,
// sessions to end. Records of people who are only to be warned are read when due.
func (p *Pool) Start() error {
	pending, err := p.Store.Pending()
	if err != nil {
		return fmt.Errorf("find pending logins: %w", err)
	}
	for _, due := range pending {
		if !due.At.IsZero() {
			p.expiries.put(due.Person, expiry{at: due.At.Unix()})
			continue
		}
		pr, done, err := p.acquire(due.Person)
		if err != nil {
			p.Logger.Error("a person's login cannot be taken up: it is tried again when they write, and at the next start", "person", due.Person, "err", err)
			continue
		}
		p.expiries.set(pr.record(), p.Clock.Now())
		pr.startWatcher()
		done()
	}
	p.spawn(p.warnLoop)
	return nil
}

// Close stops the watchers and closes all streams. It ends no login.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.wg.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pr := range p.people {
		pr.closeConns()
	}
}

// Status returns what is known, without a call to Kite.
func (p *Pool) Status(who int64) (Status, error) {
	pr, done, err := p.acquire(who)
	if err != nil {
		return Status{}, err
	}
	defer done()
	return pr.status(), nil
}

// acquire returns a person's state in memory, loading it if needed. It stays in
// memory until each caller has called done.
func (p *Pool) acquire(who int64) (pr *person, done func(), err error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, nil, errClosed
	}
	pr, there := p.people[who]
	if !there {
		pr = p.newPerson(who)
		p.people[who] = pr
	}
	pr.users++
	p.mu.Unlock()
	done = func() { p.release(pr) }
	if !there {
		pr.load() // a slow disk delays no other person
	}
	<-pr.loaded
	if pr.unreadable != nil {
		done()
		return nil, nil, pr.unreadable
	}
	return pr, done, nil
}

func (p *Pool) release(pr *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.users--
	p.forget(pr)
}

// forget drops a person who is not needed in memory, else leaves them to the
// sweeper. The pool's mu is held.
func (p *Pool) forget(pr *person) {
	switch {
	case p.people[pr.id] != pr: // forgotten before
	case pr.unreadable != nil: // the next one tries again
		delete(p.people, pr.id)
	case pr.users == 0 && pr.idle():
		delete(p.people, pr.id)
	default:
		p.startSweeper()
	}
}

var errClosed = errors.New("the pool is closed")

func (p *Pool) newPerson(who int64) *person {
	one := func() chan struct{} { return make(chan struct{}, 1) }
	return &person{
		pool: p, id: who, loaded: make(chan struct{}), rec: Record{Person: who}, conns: map[ID]*trackedConn{}, made: map[string]time.Time{},
		linking: one(), proving: one(), ending: one(), exchanging: one(), wake: one(), writing: one(),
	}
}

// load reads the record, once for all callers.
func (pr *person) load() {
	defer close(pr.loaded)
	rec, err := pr.pool.Store.Load(pr.id)
	switch {
	case errors.Is(err, ErrRecordDamaged):
		pr.pool.Logger.Error("a person's record is damaged: they have to log in again", "person", pr.id, "err", err)
		return // the next save replaces it
	case err != nil:
		pr.unreadable = fmt.Errorf("load the person's record: %w", err)
		return
	}
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.rec = rec
	pr.rec.Person = pr.id
	if rec.Login != nil {
		pr.rec.Login.LinkAt = pr.pool.started
		if at, ok := pr.pool.linkAt.Load(pr.id); ok {
			pr.rec.Login.LinkAt = at.(time.Time)
		}
	}
	for _, l := range pr.rec.Links {
		if l.Attempt != nil {
			l.Attempt.Brought = pr.pool.started
		}
	}
}

// spawnFor is spawn, and keeps the person in memory until f returns.
func (p *Pool) spawnFor(pr *person, f func(context.Context)) {
	p.mu.Lock()
	pr.users++
	p.mu.Unlock()
	p.spawn(func(ctx context.Context) {
		defer p.release(pr)
		f(ctx)
	})
}

// spawn runs f in a goroutine the pool waits for; not at all once it is closed.
func (p *Pool) spawn(f func(context.Context)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.wg.Go(func() {
		defer p.recoverPanic()
		f(p.ctx)
	})
}

// recoverPanic is deferred: a panic affects one person, not the process.
func (p *Pool) recoverPanic() {
	if bug := recover(); bug != nil {
		p.Logger.Error("the session pool panicked: a bug of ours; please report it with the stack. Others are served all the same", stdlog.Panic(bug)...)
	}
}

// newRef names a link in a button: random, short, and unrelated to its session.
func newRef() string { return rand.Text()[:10] }

// identity asks a connection who is logged in on its session.
func identity(ctx context.Context, c Conn) (kite.Identity, error) {
	text, err := c.Call(ctx, kite.AskProfile())
	if err != nil {
		return kite.Identity{}, err
	}
	profile, err := kite.DecodeProfile(text)
	if err != nil {
		return kite.Identity{}, err
	}
	return profile.Identity(), nil
}
