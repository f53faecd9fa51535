package app_test

import (
	"bytes"
	"time"

	simkite "kitebot/internal/sim/kite"
)

// ourFaults are what happens to the bot's own process, its file and its machine.
func ourFaults() []fault {
	restart := func(s *story) {
		if s.stop == nil {
			s.start()
		}
	}
	return []fault{
		{
			name: "The bot is stopped", alike: calledIsIdle(), what: "SIGTERM, as an update of the program begins. Two minutes later it is started again.",
			strike: func(s *story) { s.end() }, heal: restart,
			never: map[string]string{atShutdown: "this is it"},
		},
		{
			name: "The bot is killed", alike: calledIsIdle(), what: "SIGKILL or a crash: not one more line is run. Two minutes later it is started again.",
			strike: (*story).killed, heal: restart,
		},
		{
			name: "The machine is cut off", what: "Neither Telegram nor Kite can be reached for two minutes.",
			strike: func(s *story) { s.kiteAt.down(); s.chatAt.down() }, heal: func(s *story) { s.kiteAt.up(); s.chatAt.up() }, rough: time.Minute,
		},
		{
			name: "The disk is full", what: "Nothing can be written to the bot’s file for two minutes.",
			strike: func(s *story) { s.undo = fillDisk(s.t, s.store) }, heal: makeRoom, rough: time.Minute,
		},
		{
			name: "A command panics", alike: calledIsIdle(), what: "A bug: the code that reads Kite’s answer panics, once for every question.",
			strike: func(s *story) {
				s.logs.watch(panicOn("kite call failed"))
				s.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure})
			},
			heal: func(s *story) { s.logs.watch(nil); s.kite.ClearFaults() },
		},
	}
}

// killed kills the bot; what its ghost logs afterwards was never said.
func (s *story) killed() {
	said := len(s.logText())
	s.kill()
	s.logs.forget(said)
}

// panicOn panics when a line of the log holds these words: the nearest there is
// to a bug in the middle of a command.
func panicOn(words string) func([]byte) {
	return func(line []byte) {
		if bytes.Contains(line, []byte(words)) {
			panic("a bug, made up by a test")
		}
	}
}

// makeRoom ends a full disk; a process that has ended holds no file open.
func makeRoom(s *story) {
	if s.stop != nil {
		s.undo()
	}
}
