package main

// runStorms connects all clients of a server at once and disconnects them again, a server after the other.
func runStorms(benches []*bench) error {
	plan := benches[0].plan
	for round := range plan.WarmUp + plan.Rounds {
		for _, b := range benches {
			turn, err := b.connect()
			if err != nil {
				return err
			}
			if b.result.Connect == nil {
				b.result.Connect = turn
			}
			if b.result.Memory.ConnectedKiB == 0 {
				if b.result.Memory.ConnectedKiB, err = residentKiB(b.server.Pid); err != nil {
					return err
				}
			}
			if round >= plan.WarmUp {
				b.result.Turns = append(b.result.Turns, turn)
			}
			if round == plan.WarmUp+plan.Rounds-1 {
				if err := b.verifyChange(0); err != nil {
					return err
				}
			}
			b.disconnect()
		}
	}
	return nil
}
