//go:build !linux

package store

import bolt "go.etcd.io/bbolt"

// letPagesGo is for the system that the bot is run on: see pages_linux.go.
func letPagesGo(*bolt.Tx) {}
