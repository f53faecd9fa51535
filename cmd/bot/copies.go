package main

import (
	"context"
	"fmt"
	"os"

	"kitebot/internal/app"
)

// backup writes a copy of the store, and says what it is worth. With the copy on
// the standard output, the words go to the other one.
func (p program) backup(ctx context.Context, file string) error {
	c, err := app.Load(p.env, "STORE_PATH", "STORE_KEY")
	if err != nil {
		return err
	}
	words, size := p.stdout, int64(0)
	if file == "-" {
		words = p.stderr
		size, err = app.BackupTo(ctx, c, p.stdout)
	} else {
		size, err = app.Backup(ctx, c, file)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(words, "backed up %s: %d bytes, examined and whole.\n"+
		"It is sealed with the same key as the store, the one in %s. Without that key it is of no use: keep the key too, and apart from it.\n",
		c.StorePath, size, c.KeyPlace())
	return err
}

// restore puts a copy in the place of the store.
func (p program) restore(ctx context.Context, file string) error {
	c, err := app.Load(p.env, "STORE_PATH", "STORE_KEY", "STORE_KEY_OLD")
	if err != nil {
		return err
	}
	from := p.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("read the backup: %w", err)
		}
		defer f.Close()
		from = f
	}
	aside, err := app.Restore(ctx, c, from)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "restored to %s. It is as it was at the backup: logins and choices made since are not in it, and people who used /forget since then are back.\n", c.StorePath)
	if aside != "" {
		fmt.Fprintf(p.stdout, "The store that was there is kept as %s: the bot deletes it after 30 days; do it yourself as soon as you are sure.\n", aside)
	}
	return nil
}
