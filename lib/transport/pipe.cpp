// Events and ends of pipes over a socket.
#include "transport/pipe.hpp"

namespace ferrotunnel::transport {

void Pipe::watch(runtime::Poller& poller, runtime::PollTarget& target, bool output) {
    if (output) {
        poller.add(fd(), target);
    } else {
        poller.add_input(fd(), target);
    }
}

void Pipe::watch_output(runtime::Poller& poller, runtime::PollTarget& target) noexcept {
    poller.add_output(fd(), target);
}

void Pipe::unwatch(runtime::Poller& poller, runtime::PollTarget& target) noexcept {
    poller.remove(fd(), target);
}

IoResult Pipe::discard(MutableBytes scratch) noexcept {
    return runtime::read_some(fd(), scratch);
}

void Pipe::end_sending() noexcept {
    (void)runtime::shutdown_send(fd());
}

void Pipe::reset() noexcept {
    runtime::reset_close(release_fd());
}

}  // namespace ferrotunnel::transport
