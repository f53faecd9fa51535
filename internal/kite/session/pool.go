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
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"kitebot/internal/stdlog"
)

// Options are what a Pool is made of. Dialer, Store and Notify are required.
type Options struct {
	Dialer     Dialer
	Authorizer Authorizer // nil: no login by OAuth
	Store      Store
	LoginHosts []string         // hosts a login link may point to
	Notify     func(Event)      // is given what happened by itself; must not block, nor call the pool
	Meter      Meter            // nil counts nothing
	Now        func() time.Time // the present moment; nil = time.Now
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
	if o.Now == nil {
		o.Now = time.Now
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
		exchanges: newExchanges(), started: o.Now(),
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
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

// since returns how long ago a moment was.
func (p *Pool) since(t time.Time) time.Duration { return p.Now().Sub(t) }

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

// person is one person's part of the pool.
//
// Channels of capacity one serialise what takes long: making a link, proving,
// ending, exchanging a code, writing. mu guards the fields, and is never held
// during network or disk access.
type person struct {
	pool       *Pool
	id         int64
	users      int           // how many callers use it now; guarded by the pool's mu, see acquire
	loaded     chan struct{} // closed once the record was read
	unreadable error         // why it could not be; set before loaded is closed
	linking    chan struct{} // capacity one; serialises link creation
	// ending is held while sessions are being ended; capacity one. A caller of
	// Logout and the watcher must not both send the DELETEs.
	ending chan struct{}
	// exchanging is held while a code is exchanged; capacity one. It is sent once.
	exchanging chan struct{}
	bringing   atomic.Int32  // how many bring a code just now; see Authorized
	wake       chan struct{} // capacity one; makes the watcher look again
	// writing is held while the record is changed, and taken before mu; capacity
	// one. A slow disk delays writers, not readers.
	writing chan struct{}

	mu          sync.Mutex
	rec         Record
	conns       map[ID]*trackedConn     // of the login and of the links
	ticks       uint64                  // see tick
	proof       uint64                  // when the login's present connection was asked who it is, and named the right user; 0: not yet
	proofAt     time.Time               // proof, by the clock
	answers     map[string]cachedAnswer // see Fetch; nil when nothing is kept
	used        time.Time               // when the login was last asked something, or made
	verdict     *verdict                // what is being found out of the login's silence; see confirm
	doubted     bool                    // the account did not answer when last asked
	watching    bool                    // the watcher goroutine runs
	announcedAt time.Time               // when the login was announced in this process; zero: not yet
	made        map[string]time.Time    // when this process made a link, by its ref
	noting      bool                    // a use of the login is being written down
	leaves      int                     // how often the person logged out: what began before is void
	tries       int                     // failed attempts to end sessions, for the back-off
}

func (p *Pool) newPerson(who int64) *person {
	one := func() chan struct{} { return make(chan struct{}, 1) }
	return &person{
		pool: p, id: who, loaded: make(chan struct{}), rec: Record{Person: who}, conns: map[ID]*trackedConn{}, made: map[string]time.Time{},
		linking: one(), ending: one(), exchanging: one(), wake: one(), writing: one(),
	}
}
