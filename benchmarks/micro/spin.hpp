// Waiting for another thread without sleeping; where cores are short, the other thread gets its turn.
#pragma once

#include <thread>

template <typename Condition>
void spin_until(Condition condition) {
    for (int tries = 1; !condition(); ++tries) {
        if (tries % 256 == 0) {
            std::this_thread::yield();
        }
    }
}
