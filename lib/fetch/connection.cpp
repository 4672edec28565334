#include "fetch/connection.hpp"

#include <array>
#include <exception>
#include <system_error>
#include <utility>

#include "base/check.hpp"
#include "runtime/worker.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel::fetch {

using transport::IoResult;
using transport::IoStatus;

Connection::Connection(runtime::Worker& worker, const Destination& to, Duration time) : worker_(worker), tls_(to.tls) {
    runtime::Connector::Options options;
    options.deadline = time;
    auto done = [this](std::error_code error, runtime::Fd socket) { on_connected(error, std::move(socket)); };
    if (to.socket.empty()) {
        connector_.emplace(worker, to.at, std::move(done), options);
    } else {
        connector_.emplace(worker, runtime::UnixPath{to.socket}, std::move(done), options);
    }
    if (runtime::Fd socket = connector_->take_connected()) {
        on_connected({}, std::move(socket));
    }
}

Connection::~Connection() {
    close({});
}

void Connection::on_connected(std::error_code error, runtime::Fd socket) {
    if (error) {
        close(error == std::errc::timed_out ? "no connection in time" : error.message());
    } else {
        pipe_ = tls_ ? transport::make_tls_pipe(std::move(socket), tls_)
                     : transport::make_tcp_pipe(std::move(socket), transport::TcpPipeSide::visitor);
        state_ = State::shaking_hands;
        try {
            worker_.poller().add(pipe_->fd(), *this);  // an event follows
            is_watched_ = true;
            return;
        } catch (const std::system_error& problem) {
            close(problem.code().message());
        }
    }
    if (ready_) {
        ready_();
    }
}

void Connection::on_events(std::uint32_t events) noexcept {
    peer_ends_ = peer_ends_ || (events & runtime::more_behind_events) != 0;
    if (state_ == State::resting) {
        close_if_ended();
        return;
    }
    try {
        shake_hands();
    } catch (const std::exception&) {
        close("no memory");  // short enough not to allocate
    }
    if (state_ != State::shaking_hands && ready_) {
        ready_();
    }
}

void Connection::shake_hands() {
    if (state_ != State::shaking_hands) {
        return;
    }
    std::string why;
    const IoStatus status = pipe_->handshake(why);
    if (status == IoStatus::ok) {
        state_ = State::open;
    } else if (status != IoStatus::would_block) {
        close(std::move(why));
    }
}

// An end that arrived in the same event as the last bytes is found by reading again.
IoResult Connection::read(MutableBytes into) noexcept {
    IoResult result = pipe_->read(into);
    if (result.bytes > 0 && result.status == IoStatus::would_block && peer_ends_) {
        result.status = IoStatus::ok;
    }
    return result;
}

void Connection::rest() {
    check(state_ == State::open, "only an open connection rests");
    state_ = State::resting;
    ready_ = nullptr;
}

void Connection::close_if_ended() noexcept {
    std::array<std::uint8_t, 1> byte;
    const IoResult result = read(byte);
    if (result.bytes > 0 || result.status != IoStatus::would_block) {
        close({});  // the reason is not needed
    }
}

// The end may be there before its event.
bool Connection::wake(std::function<void()> call) noexcept {
    if (state_ == State::resting) {
        close_if_ended();
    }
    if (state_ != State::resting) {
        return false;
    }
    state_ = State::open;
    ready_ = std::move(call);
    return true;
}

void Connection::close(std::string why) noexcept {
    if (std::exchange(is_watched_, false)) {
        worker_.poller().remove(pipe_->fd(), *this);
    }
    if (state_ == State::open || state_ == State::resting) {
        pipe_->shutdown();
    }
    pipe_.reset();
    connector_.reset();
    if (state_ != State::closed) {
        why_ = std::move(why);
        state_ = State::closed;
    }
}

}  // namespace ferrotunnel::fetch
