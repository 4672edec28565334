#include "ingress/challenge_relays.hpp"

#include <array>
#include <exception>
#include <utility>

#include "base/bytes.hpp"
#include "directory/tls_visitor.hpp"
#include "ingress/limits.hpp"
#include "runtime/socket_state.hpp"

namespace ferrotunnel::ingress {

using runtime::IoResult;
using runtime::IoStatus;

namespace {

/// A handshake is one or two of these in each direction.
constexpr std::size_t relay_buffer_bytes = 4 * 1'024;

// What a socket was unable to do; nothing of it is waiting.
std::string text_of(std::error_code error) {
    return error ? error.message() : "the connection was closed";
}

}  // namespace

//   connecting --the other client accepts--> open --both directions have ended--> closed
//        '--refused--> alert --> closed       '--one is lost or sends too much, or the time is over--^
//
// Bytes are carried in both states: a socket that still connects accepts none.
class ChallengeRelays::Relay final : private runtime::Deadline {
public:
    Relay(ChallengeRelays& all, std::string from, const runtime::SocketAddress& to, login::ConnectionTicket ticket)
        : all_(all), from_(std::move(from)), to_(to), ticket_(std::move(ticket)) {}
    ~Relay() {
        unwatch(authority_);
        unwatch(client_);
    }
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    const std::string& from() const noexcept { return from_; }
    /// False if it has ended already. Throws std::system_error and std::bad_alloc.
    bool begin(runtime::Fd authority, std::list<Relay>::iterator place) {
        place_ = place;
        authority_.fd = std::move(authority);
        std::error_code error;
        client_.fd = runtime::start_connect(to_, error);
        if (!client_.fd) {
            refuse(error);
            return false;
        }
        watch(authority_);
        watch(client_);
        all_.wheel_.set_after(*this, all_.time_);
        return step();
    }

private:
    /// One of the two sockets, and the bytes that were read from it and not written to the other one yet.
    struct Side final : runtime::PollTarget {
        explicit Side(Relay& relay_in) noexcept : relay(relay_in) {}
        void on_events(std::uint32_t events) noexcept override {
            state.note_events(events);
            relay.run();
        }

        Relay& relay;
        runtime::Fd fd;
        runtime::SocketState state;
        std::array<std::uint8_t, relay_buffer_bytes> bytes;
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t received = 0;
        bool is_watched = false;
        bool end_passed = false;
    };

    void watch(Side& side) {
        all_.worker_.poller().add(side.fd.get(), side);
        side.is_watched = true;
    }
    void unwatch(Side& side) noexcept {
        if (std::exchange(side.is_watched, false)) {
            all_.worker_.poller().remove(side.fd.get(), side);
        }
    }

    // Destroys this object if it has ended.
    void run() noexcept {
        bool continues = false;
        try {
            continues = step();
        } catch (const std::exception&) {
            // No memory for a log line.
        }
        if (!continues) {
            all_.all_.erase(place_);
        }
    }
    void on_deadline() noexcept override { all_.all_.erase(place_); }

    bool step();
    bool pass(Side& from, Side& to);
    void refuse(std::error_code error);

    ChallengeRelays& all_;
    const std::string from_;
    const runtime::SocketAddress to_;
    const login::ConnectionTicket ticket_;
    std::list<Relay>::iterator place_;
    Side authority_{*this};
    Side client_{*this};  // the other ACME client
    bool answered_ = false;
    std::error_code error_;  // of the last failed read or write
};

// Carries what there is. False if the relay has ended.
bool ChallengeRelays::Relay::step() {
    while (pass(authority_, client_) || pass(client_, authority_)) {
    }
    const bool is_lost = authority_.state.peer_is_lost() || client_.state.peer_is_lost();
    if (is_lost && !answered_ && !authority_.state.peer_is_lost()) {
        refuse(error_);
    }
    return !is_lost && !(authority_.end_passed && client_.end_passed);
}

// One read or write in this direction. False if nothing was done.
bool ChallengeRelays::Relay::pass(Side& from, Side& to) {
    if (from.begin != from.end) {
        if (!to.state.can_write()) {
            return false;
        }
        const IoResult put =
            runtime::write_some(to.fd.get(), Bytes(from.bytes).subspan(from.begin, from.end - from.begin));
        from.begin += put.bytes;
        to.state.note_write(put.status);
        if (put.status == IoStatus::error) {
            error_ = put.error;
            to.state.note_lost();
        }
        return put.bytes != 0;
    }
    if (from.state.peer_has_ended() && !std::exchange(from.end_passed, true)) {
        (void)runtime::shutdown_send(to.fd.get());
        return true;
    }
    if (!from.state.can_read()) {
        return false;
    }
    const IoResult got = runtime::read_some(from.fd.get(), MutableBytes(from.bytes));
    from.state.note_read(got);
    from.begin = 0;
    from.end = got.bytes;
    from.received += got.bytes;
    if (from.received > limits::challenge_relay_bytes_max) {  // not a handshake
        from.state.note_lost();
        return false;
    }
    if (got.status == IoStatus::error) {
        error_ = got.error;
    }
    answered_ = answered_ || (&from == &client_ && got.bytes != 0);
    return got.bytes != 0 || got.status == IoStatus::eof;
}

// Nothing was received from the other client.
void ChallengeRelays::Relay::refuse(std::error_code error) {
    unwatch(authority_);
    directory::reject_visitor(std::move(authority_.fd), directory::TlsAlert::internal_error);
    all_.log_failure(from_, to_, text_of(error));
}

ChallengeRelays::ChallengeRelays(runtime::Worker& worker, runtime::DeadlineWheel& wheel, Logger& log,
                                 Duration time) noexcept
    : worker_(worker), wheel_(wheel), log_(log), time_(time) {}

ChallengeRelays::~ChallengeRelays() = default;

void ChallengeRelays::begin(runtime::Fd socket, const std::string& from, const runtime::SocketAddress& to,
                            login::ConnectionTicket ticket) {
    check_here(worker_);
    if (all_.size() == limits::challenge_relays_max) {  // a CA is quick, so the oldest is somebody else's
        log_failure(all_.front().from(), to,
                    "it was the oldest of " + std::to_string(limits::challenge_relays_max) + " such connections");
        all_.pop_front();
    }
    const auto place = all_.emplace(all_.end(), *this, from, to, std::move(ticket));
    bool continues = false;
    try {
        continues = place->begin(std::move(socket), place);
    } catch (const std::exception& problem) {
        log_failure(from, to, problem.what());
    }
    if (!continues) {
        all_.erase(place);
    }
}

void ChallengeRelays::clear() noexcept {
    check_here(worker_);
    all_.clear();
}

void ChallengeRelays::log_failure(const std::string& from, const runtime::SocketAddress& to, const std::string& why) {
    static constexpr LogCategory relays{"challenge_relays"};
    if (log_.may_write(LogLevel::warn, relays, worker_.now())) {
        log_.warn("a certificate authority's check was not passed to `acme_tls_backend`",
                  {{"from", from}, {"backend", to.text()}, {"why", why}});
    }
}

}  // namespace ferrotunnel::ingress
