#include "runtime/connect_race.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "runtime/protected_endpoints.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

namespace {

// Every address of a name or from a user passes through here before a socket is connected to it.
Fd begin_connect(const SocketAddress& to, std::error_code& error) noexcept {
    if (is_protected_endpoint(to)) {
        error = protected_endpoint_error();
        return {};
    }
    return start_connect(to, error);
}

// Whether the socket is connected: within this machine a connect is usually complete when it returns, although it
// reports "in progress".
bool is_connected_already(int fd, const SocketAddress& to) noexcept {
    return to.is_loopback() && !peer_address(fd).empty();
}

// A connect to a free port of this machine in the range of ephemeral ports may connect the socket to itself.
bool is_connected_to_itself(int fd, const SocketAddress& to) {
    const SocketAddress peer = to.is_unspecified() ? peer_address(fd) : to;
    const SocketAddress local = local_address(fd);
    return local.port() == peer.port() && local.ip() == peer.ip();
}

// Errors of this machine, which has no such family, address or route. They are not about the peer.
bool is_about_us(std::error_code error) noexcept {
    return error == std::errc::address_family_not_supported || error == std::errc::address_not_available ||
           error == std::errc::network_unreachable;
}

}  // namespace

ConnectRace::ConnectRace(Worker& worker, Owner& owner) : worker_(worker), owner_(owner) {
    check_here(worker_);
    for (Attempt& attempt : attempts_) {
        attempt.race = this;
    }
}

ConnectRace::~ConnectRace() {
    stop();
}

void ConnectRace::add(std::vector<SocketAddress> addresses) {
    check_here(worker_);
    if (addresses_.empty()) {
        addresses_ = std::move(addresses);
        return;
    }
    for (const SocketAddress& address : addresses) {
        if (std::ranges::find(addresses_, address) == addresses_.end()) {
            addresses_.push_back(address);
        }
    }
}

void ConnectRace::advance() noexcept {
    check_here(worker_);
    while (next_start() <= worker_.now()) {
        start(next_++);
    }
}

void ConnectRace::stop() noexcept {
    check_here(worker_);
    for (Attempt& attempt : attempts_) {
        drop(attempt);
    }
    next_ = addresses_.size();
}

TimePoint ConnectRace::next_start() const noexcept {
    if (is_won() || next_ == addresses_.size()) {
        return never;
    }
    return under_way_ < attempts_.size() ? begins_at_
                                         : std::max(begins_at_, attempts_[oldest()].began + limits::connect_room_after);
}

void ConnectRace::start(std::size_t address) noexcept {
    std::error_code error;
    Fd socket = begin_connect(addresses_[address], error);
    if (!socket) {
        failed(error);
        return;
    }
    if (is_connected_already(socket.get(), addresses_[address]) &&
        !is_connected_to_itself(socket.get(), addresses_[address])) {
        win(address, std::move(socket));
        return;
    }
    Attempt& attempt = place_for_one();
    try {
        worker_.poller().add(socket.get(), attempt);
    } catch (const std::system_error& failure) {
        failed(failure.code());
        return;
    }
    attempt.socket = std::move(socket);
    attempt.address = address;
    attempt.began = worker_.now();
    begins_at_ = attempt.began + limits::connect_attempt_every;
    ++under_way_;
}

// A free place, or that of the oldest attempt.
ConnectRace::Attempt& ConnectRace::place_for_one() noexcept {
    const auto free = std::ranges::find_if(attempts_, [](const Attempt& one) { return !one.socket; });
    if (free != attempts_.end()) {
        return *free;
    }
    Attempt& place = attempts_[oldest()];
    drop(place);
    failed(std::make_error_code(std::errc::timed_out));
    return place;
}

// Only while every place is taken.
std::size_t ConnectRace::oldest() const noexcept {
    check(under_way_ == attempts_.size(), "every place is taken");
    const auto first = std::ranges::min_element(attempts_, {}, &Attempt::began);
    return static_cast<std::size_t>(first - attempts_.begin());
}

void ConnectRace::on_events(Attempt& attempt, std::uint32_t events) noexcept {
    if ((events & writable_events) == 0 || is_won()) {
        return;
    }
    std::error_code error = socket_error(attempt.socket.get());
    if (!error && is_connected_to_itself(attempt.socket.get(), addresses_[attempt.address])) {
        error = std::make_error_code(std::errc::connection_refused);
    }
    if (error) {
        drop(attempt);
        failed(error);
        advance();
    } else {
        worker_.poller().remove(attempt.socket.get(), attempt);
        --under_way_;
        win(attempt.address, std::move(attempt.socket));
    }
    owner_.on_race_changed();
}

// The next address has its turn at once.
void ConnectRace::failed(std::error_code error) noexcept {
    const bool is_most_specific = !is_about_us(error) && error_ != protected_endpoint_error();
    if (!std::exchange(has_failed_, true) || is_most_specific) {
        error_ = error;
    }
    begins_at_ = TimePoint::min();
}

void ConnectRace::win(std::size_t address, Fd socket) noexcept {
    stop();
    winner_ = address;
    connected_ = std::move(socket);
}

void ConnectRace::drop(Attempt& attempt) noexcept {
    if (attempt.socket) {
        worker_.poller().remove(attempt.socket.get(), attempt);
        attempt.socket.reset();
        --under_way_;
    }
}

}  // namespace ferrotunnel::runtime
