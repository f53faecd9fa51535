package session

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"kitebot/internal/kite/wire"
	"kitebot/internal/stdlog"
)

// Options configure a Pool. Dialer, Store and Notify are required.
type Options struct {
	Dialer     Dialer
	Authorizer Authorizer // nil: no login by OAuth
	Store      Store
	LoginHosts []string         // hosts a login link may point to
	Notify     func(Event)      // must not block, nor call the pool
	Meter      Meter            // nil counts nothing
	Now        func() time.Time // the present moment; nil = time.Now
	Logger     *slog.Logger
	Timing     Timing
}

// Pool holds the sessions of all people. Its methods may be called from any
// goroutine.
type Pool struct {
	Options
	background  *rate.Limiter   // background calls of all people; see Timing.Quiet
	cachedBytes atomic.Int64    // of all people's caches, see maxCached
	expiries    *expirySchedule // who is to be warned, and when
	opening     lock            // a place for each session that is being opened

	codes *codeQueue // of codes of logins by OAuth
	// started is when this process began: what an earlier one left is older, whatever the
	// wall clock says. linkAt holds Login.LinkAt of logins made since, by their person,
	// for as long as it matters: see load.
	started time.Time
	linkAt  sync.Map

	ctx  context.Context // ends when the pool closes
	stop context.CancelFunc
	wg   sync.WaitGroup // every goroutine of the pool

	mu       sync.Mutex
	closed   bool
	sweeping bool // the goroutine that tidies up runs; see startSweeper
	people   map[int64]*personState

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
	o.Timing = o.Timing.orDefaults()
	p := &Pool{
		Options: o, people: map[int64]*personState{}, background: rate.NewLimiter(rate.Limit(o.Timing.BackgroundRate), 2*o.Timing.BackgroundRate),
		expiries: newExpirySchedule(), opening: make(lock, o.Timing.MaxOpening),
		codes: newCodeQueue(), started: o.Now(),
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// since returns how long ago a moment was.
func (p *Pool) since(t time.Time) time.Duration { return p.Now().Sub(t) }

// count counts a step of a login.
func (p *Pool) count(step string) {
	if p.Meter != nil {
		p.Meter.LoginStep(step)
	}
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

// recoverPanic is deferred, so that a panic affects one person and not the process.
func (p *Pool) recoverPanic() {
	if bug := recover(); bug != nil {
		p.Logger.Error("the session pool panicked", stdlog.Panic(bug, "effect", "one person is affected")...)
	}
}

// personState is one person's part of the pool.
//
// Its locks serialise what takes long. mu guards the fields, and is never held
// during network or disk access.
type personState struct {
	pool        *Pool
	id          int64
	users       int           // how many callers use it now; guarded by the pool's mu, see acquire
	loaded      chan struct{} // closed once the record was read
	unreadable  error         // why it could not be; set before loaded is closed
	linking     lock          // while a link is made: of one person, one at a time
	ending      lock          // while sessions are ended: a logout and the watcher must not both send the DELETEs
	exchanging  lock          // while a code is exchanged: it is sent once
	writing     lock          // while the record is changed, taken before mu: a slow disk delays writers, not readers
	authorizing atomic.Int32  // how many bring a code just now; see Authorized
	wake        chan struct{} // capacity one; makes the watcher look again

	mu          sync.Mutex
	rec         Record
	conns       map[ID]*trackedConn  // of the login and of the links
	lastTick    uint64               // see tick
	proof       uint64               // when the login's present connection was asked who it is, and named the right user; 0: not yet
	proofAt     time.Time            // proof, by the clock
	cache       cache                // see Fetch
	lastUsed    time.Time            // when the login was last asked something, or made
	probing     *probe               // what is being found out of the login's silence; see probe
	doubted     bool                 // the account did not answer when last asked
	watching    bool                 // the watcher goroutine runs
	announcedAt time.Time            // when the login was announced in this process; zero: not yet
	linkMade    map[string]time.Time // when this process made a link, by its ref
	savingUse   bool                 // a use of the login is being written down
	logouts     int                  // how often the person logged out: what began before is void
	endTries    int                  // failed attempts to end sessions, for the back-off
}

func (p *Pool) newPerson(person int64) *personState {
	one := func() lock { return make(lock, 1) }
	return &personState{
		pool: p, id: person, loaded: make(chan struct{}), rec: Record{Person: person}, conns: map[ID]*trackedConn{}, linkMade: map[string]time.Time{}, cache: cache{total: &p.cachedBytes},
		linking: one(), ending: one(), exchanging: one(), writing: one(), wake: make(chan struct{}, 1),
	}
}

// lock is a mutex whose caller can give up waiting. With a larger capacity as many
// callers hold it at once.
type lock chan struct{}

func (l lock) lock(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unreachable(ctx)
	}
}

func (l lock) unlock() { <-l }

// unreachable is the error for a caller whose context ended.
func unreachable(ctx context.Context) error {
	return &wire.Error{Kind: wire.KindUnreachable, Err: context.Cause(ctx)}
}

// sleep waits for d, or until it is woken; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-wake:
		return true
	case <-ctx.Done():
		return false
	}
}

// probe is a question to a login that did not answer, shared by the callers that wait
// for it.
type probe struct {
	session    ID
	done       chan struct{}
	err        error // once done is closed
	conclusive bool  // else the caller gave up, and the next one has to ask
}
