#include "admin/control_thread.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "admin/peer.hpp"
#include "base/limits.hpp"
#include "runtime/address.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel::admin {
namespace {

constexpr std::size_t read_size = 16'384;
constexpr int accepted_a_round = 16;

Answer refuse_stranger(const Request&) {
    return refusal(403, "forbidden", "This socket is for the program's own user, and for root.");
}

}  // namespace

ControlThread::ControlThread(std::vector<Endpoint> endpoints, const Settings& settings, Logger& log)
    : endpoints_(std::move(endpoints)),
      settings_(settings),
      eviction_(settings.peers_max, settings.peers_of_address_max),
      refuse_(refuse_stranger),
      log_(log),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (!wake_) {
        throw std::system_error(errno, std::generic_category(), "make the control socket's thread");
    }
    thread_ = std::thread([this] { run(); });
}

void ControlThread::end() noexcept {
    if (!thread_.joinable()) {
        return;
    }
    ending_.store(true);
    (void)::eventfd_write(wake_.get(), 1);
    thread_.join();
}

void ControlThread::adopt(runtime::Fd socket, std::string peer) {
    {
        const MutexLock lock(adopted_mutex_);
        adopted_.push_back({std::move(socket), std::move(peer)});
    }
    (void)::eventfd_write(wake_.get(), 1);
}

void ControlThread::run() {
    id_.store(std::this_thread::get_id());
    while (!ending_.load()) {
        run_round();
    }
    ends_at_ = Clock::now() + settings_.last_answers;
    run_round(false);  // what has arrived already
    while (awaits_anybody(Clock::now())) {
        run_round();
    }
    peers_.clear();
}

void ControlThread::run_round(bool waits) noexcept try {
    round(waits);
} catch (const std::exception& problem) {  // out of memory, for example: present connections are closed
    peers_.clear();
    accept_again_ = Clock::now() + limits::admin_accept_pause;
    log_.warn("the control socket dropped its connections", {{"why", problem.what()}});
}

// If its request has begun, its answer is not sent yet, or its connection is new. Not if it follows events, waits for
// an answer that is not there yet, or is held back by a rate limit.
bool ControlThread::is_awaited(const Peer& peer, TimePoint now) const {
    if (peer.pipe && !peer.shakes_hands && peer.pipe->has_pending()) {
        return true;
    }
    if (peer.only_receives() || peer.connection.is_paused()) {
        return false;
    }
    return !peer.connection.is_idle() || now < is_new_until(peer);
}

TimePoint ControlThread::is_new_until(const Peer& peer) const {
    return peer.connection.answers() == 0 ? peer.deadline - settings_.timeout + settings_.last_answers : TimePoint{};
}

bool ControlThread::awaits_anybody(TimePoint now) const {
    return now < ends_at_ &&
           std::any_of(peers_.begin(), peers_.end(), [&](const Peer& peer) { return is_awaited(peer, now); });
}

void ControlThread::round(bool waits) {
    const TimePoint before = Clock::now();
    const bool accepts = before >= accept_again_ && !ending_.load();
    send_more(before);
    std::vector<pollfd> sources{{wake_.get(), POLLIN, 0}};
    for (const Endpoint& endpoint : endpoints_) {
        const bool is_open = accepts && !(endpoint.is_passed_on && handed_over_.load());
        sources.push_back({is_open ? endpoint.listener : -1, POLLIN, 0});
    }
    for (const Peer& peer : peers_) {
        sources.push_back({peer.waits() ? -1 : peer.fd(), peer.events(), 0});
    }
    for (const Peer& peer : peers_) {
        if (peer.connection.watched() >= 0) {
            sources.push_back({peer.connection.watched(), POLLIN, 0});  // only wakes: send_more() reads from it
        }
    }
    if (::poll(sources.data(), sources.size(), waits ? milliseconds_to_wait(before) : 0) < 0 && errno != EINTR) {
        throw std::system_error(errno, std::generic_category(), "poll");
    }
    const TimePoint now = Clock::now();
    auto source = sources.begin() + 1 + static_cast<std::ptrdiff_t>(endpoints_.size());
    for (auto peer = peers_.begin(); peer != peers_.end(); ++source) {
        const bool goes_on = peer->waits() && now >= peer->held_until;
        if (goes_on) {
            peer->connection.resume();
        }
        const auto events = static_cast<short>(source->revents | (goes_on || peer->has_input() ? POLLIN : 0));
        const bool stays = events == 0 || serve(*peer, events, now);
        peer = stays ? std::next(peer) : peers_.erase(peer);
    }
    end_late(now);
    if (sources.front().revents != 0) {
        admit_adopted(now);
    }
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
        if (sources[1 + i].revents != 0) {
            accept_all(endpoints_[i], now);
        }
    }
}

// For followers of events that have received everything so far, and callers whose answer is not there yet. One that
// does not read runs into its deadline, like others.
void ControlThread::send_more(TimePoint now) {
    for (auto peer = peers_.begin(); peer != peers_.end();) {
        bool stays = true;
        if (peer->connection.waits_for_more()) {
            peer->deadline = now + settings_.timeout;
            peer->connection.continue_response(now);
            stays = converse(*peer, now);
        }
        peer = stays ? std::next(peer) : peers_.erase(peer);
    }
}

int ControlThread::milliseconds_to_wait(TimePoint now) const {
    TimePoint first = std::min(ends_at_, now < accept_again_ ? accept_again_ : never);
    for (const Peer& peer : peers_) {
        if (peer.has_input()) {
            return 0;
        }
        first = std::min(first, peer.connection.waits_for_more() ? now + limits::admin_events_interval : peer.deadline);
        first = std::min(first, peer.waits() ? peer.held_until : never);
        first = std::min(first, ends_at_ != never && now < is_new_until(peer) ? is_new_until(peer) : never);
    }
    if (first == never) {
        return -1;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(first - now).count();
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(wait, 0, 60'000));
}

void ControlThread::accept_all(const Endpoint& endpoint, TimePoint now) {
    for (int i = 0; i < accepted_a_round; ++i) {
        runtime::Fd socket(::accept4(endpoint.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            admit(endpoint, std::move(socket), now);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            accept_again_ = now + limits::admin_accept_pause;
        }
        return;
    }
}

void ControlThread::admit_adopted(TimePoint now) {
    eventfd_t count = 0;
    (void)::eventfd_read(wake_.get(), &count);
    std::vector<Adopted> adopted;
    {
        const MutexLock lock(adopted_mutex_);
        adopted.swap(adopted_);
    }
    const auto endpoint =
        std::find_if(endpoints_.begin(), endpoints_.end(), [](const Endpoint& one) { return one.listener < 0; });
    if (endpoint == endpoints_.end()) {
        return;
    }
    for (Adopted& one : adopted) {
        (void)make_room(*endpoint, {}, false);
        peers_.push_back({&*endpoint, std::move(one.socket),
                          ControlConnection(endpoint->handler, std::nullopt, std::nullopt, std::move(one.peer)),
                          now + settings_.timeout});
    }
}

void ControlThread::admit(const Endpoint& endpoint, runtime::Fd socket, TimePoint now) {
    const std::optional<uid_t> user = endpoint.owner ? user_at(socket.get()) : std::nullopt;
    const bool is_stranger = endpoint.owner && (!user || !may_control(*user, *endpoint.owner));
    static constexpr LogCategory stranger{"control_stranger", limits::limit_lines_per_second};
    if (is_stranger && log_.may_write(LogLevel::warn, stranger, now)) {
        log_.warn("a control connection from a user without permission was rejected",
                  {{"user", user ? std::to_string(*user) : std::string("unknown")}});
    }
    const runtime::SocketAddress from = endpoint.owner ? runtime::SocketAddress() : runtime::peer_address(socket.get());
    const std::optional<login::AddressNetworks> networks =
        endpoint.owner ? std::nullopt : std::optional(login::networks_of(from));
    const bool is_bounded = networks && !from.is_loopback();  // a proxy on this machine serves many clients
    const login::AddressNetworks counted = is_bounded ? *networks : login::AddressNetworks();
    if (!is_within_rate(counted, now) || !make_room(endpoint, counted, is_stranger)) {
        return;
    }
    std::unique_ptr<transport::Pipe> pipe =
        endpoint.tls ? transport::make_tls_pipe(std::move(socket), endpoint.tls) : std::unique_ptr<transport::Pipe>();
    const bool shakes_hands = pipe != nullptr;
    peers_.push_back({&endpoint, std::move(socket),
                      ControlConnection(is_stranger ? refuse_ : endpoint.handler, user, networks, from.ip()),
                      now + settings_.timeout, counted, is_stranger, std::move(pipe), shakes_hands});
}

// If everybody can connect, an address and the networks around it have a rate limit.
bool ControlThread::is_within_rate(const login::AddressNetworks& networks, TimePoint now) {
    const std::optional<std::string> network = arrival_rate_.take(networks, now);
    static constexpr LogCategory too_often{"control_too_often", limits::limit_lines_per_second};
    if (network && log_.may_write(LogLevel::info, too_often, now)) {
        log_.info("connection rate limit of the dashboard and metrics exceeded by an address or network",
                  {{"address", *network}});
    }
    return !network;
}

// False if there is no slot: strangers displace only strangers.
bool ControlThread::make_room(const Endpoint& endpoint, const login::AddressNetworks& networks, bool is_stranger) {
    std::vector<EvictionCandidate> holders;
    std::vector<Peers::iterator> peers;
    for (auto peer = peers_.begin(); peer != peers_.end(); ++peer) {
        if (peer->endpoint == &endpoint) {
            holders.push_back({peer->networks, peer->has_right, peer->lingers, peer->is_stranger,
                               peer->connection.is_idle(), peer->deadline});
            peers.push_back(peer);
        }
    }
    const auto victim = eviction_.choose_victim(holders, networks);
    if (victim && !is_stranger) {
        peers_.erase(peers[*victim]);
    }
    return !victim || !is_stranger;
}

void ControlThread::end_late(TimePoint now) {
    for (auto peer = peers_.begin(); peer != peers_.end();) {
        if (peer->deadline > now) {
            ++peer;
            continue;
        }
        if (!peer->lingers) {
            peer->connection.on_timeout();
            (void)write_out(*peer, now);
        }
        peer = peers_.erase(peer);
    }
}

// These two functions return whether the peer stays.
bool ControlThread::serve(Peer& peer, short events, TimePoint now) {
    if ((events & (POLLERR | POLLNVAL)) != 0) {
        return false;
    }
    if (peer.shakes_hands) {
        std::string why;
        const runtime::IoStatus status = peer.pipe->handshake(why);
        peer.shakes_hands = status == runtime::IoStatus::would_block;
        if (status != runtime::IoStatus::ok) {
            return peer.shakes_hands;
        }
        // A request may have arrived with the end of the handshake: no event will report it.
    }
    if (peer.only_receives() || peer.connection.wants_input()) {
        std::array<std::uint8_t, read_size> buffer;
        const runtime::IoResult read = peer.read(buffer);
        if (read.status == runtime::IoStatus::eof || read.status == runtime::IoStatus::error) {
            return false;  // a peer that closes its direction before the answer wants none
        }
        if (peer.only_receives()) {
            return true;
        }
        const std::size_t answers = peer.connection.answers();
        peer.connection.take({reinterpret_cast<const char*>(buffer.data()), read.bytes});
        peer.deadline = peer.connection.answers() != answers ? now + settings_.timeout : peer.deadline;
    }
    return converse(peer, now);
}

bool ControlThread::converse(Peer& peer, TimePoint now) {
    const std::size_t answers = peer.connection.answers();
    if (!write_out(peer, now)) {
        return false;
    }
    if (peer.connection.answers() != answers) {  // to a request that had arrived with the previous one
        peer.deadline = now + settings_.timeout;
    }
    if (peer.connection.has_ended()) {
        peer.end_sending();
        peer.lingers = true;
        peer.deadline = now + limits::admin_linger;
    }
    return true;
}

// If everybody can connect, requests that prove no right are rate limited: the next one waits.
void ControlThread::count_answer(Peer& peer, TimePoint now) {
    if (peer.endpoint->owner || std::exchange(peer.counted, peer.connection.answers()) == peer.connection.answers()) {
        return;
    }
    peer.has_right = peer.has_right || peer.connection.has_right();
    if (!peer.connection.has_right()) {
        (void)peer.strange.take(settings_.unauthorized_rate, now);
        peer.held_until = peer.strange.may_take_from(settings_.unauthorized_rate);
        if (now < peer.held_until) {
            peer.connection.pause();
        }
    }
}

// Writes as much as the socket accepts. False if the peer is gone.
bool ControlThread::write_out(Peer& peer, TimePoint now) {
    while (!peer.connection.output().empty()) {
        count_answer(peer, now);
        const Bytes output = as_bytes(peer.connection.output());
        const std::vector<runtime::Fd>* const sockets = peer.connection.sockets();
        const runtime::IoResult written = sockets != nullptr && !peer.pipe && peer.endpoint->owner
                                              ? runtime::send_with_sockets(peer.socket.get(), output, *sockets)
                                              : peer.write(output);
        peer.connection.wrote(written.bytes);
        if (written.status != runtime::IoStatus::ok) {
            return written.status == runtime::IoStatus::would_block;
        }
    }
    return !peer.pipe || !peer.pipe->has_pending() || peer.pipe->flush() != runtime::IoStatus::error;
}

short ControlThread::Peer::events() const noexcept {
    return pipe && pipe->has_pending() ? POLLOUT : wants_input() ? POLLIN : POLLOUT;
}

runtime::IoResult ControlThread::Peer::read(MutableBytes into) noexcept {
    return pipe ? pipe->read(into) : runtime::read_some(socket.get(), into);
}

runtime::IoResult ControlThread::Peer::write(Bytes bytes) noexcept {
    return pipe ? pipe->write({&bytes, 1}) : runtime::write_some(socket.get(), bytes);
}

void ControlThread::Peer::end_sending() noexcept {
    if (pipe) {
        pipe->shutdown();
    } else {
        (void)runtime::shutdown_send(socket.get());
    }
}

}  // namespace ferrotunnel::admin
