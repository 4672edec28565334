#include "ingress/preface.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/limits.hpp"
#include "net/ip_network.hpp"
#include "net/proxy_protocol.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::ingress {

namespace {

// The events of a peer's end, after which an incomplete preface can never be completed.
constexpr std::uint32_t end_events = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::string_view ssh_begins = "SSH-";  // RFC 4253, section 4.2

// Peeks at the bytes in the socket, without taking them. Empty if the peer has ended before its first byte, or is gone.
std::optional<Bytes> peek(int fd, MutableBytes into) noexcept {
    ssize_t got = 0;
    do {
        got = ::recv(fd, into.data(), into.size(), MSG_PEEK);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        return Bytes(into.data(), static_cast<std::size_t>(got));
    }
    return got < 0 && errno == EAGAIN ? std::optional<Bytes>(Bytes()) : std::nullopt;
}

}  // namespace

class Prefaces::Reading final : private runtime::PollTarget, private runtime::Deadline {
public:
    enum class Step : std::uint8_t { more, done, refused };

    Reading(Prefaces& owner, runtime::Fd socket, const runtime::SocketAddress& from, const PrefacePlan& plan, Done done)
        : owner_(owner), plan_(plan), done_(std::move(done)) {
        visitor_.from = runtime::visitor_address(from);
        visitor_.socket = std::move(socket);
        peer_ = from.ip();
    }
    ~Reading() {
        if (watched_) {
            owner_.worker_.poller().remove(visitor_.socket.get(), *this);
        }
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    /// Peeks, and waits for what is not there yet.
    Step begin() {
        try {
            const Step step = examine();
            if (step == Step::more) {
                owner_.worker_.poller().add_input(visitor_.socket.get(), *this);
                watched_ = true;
                owner_.wheel_.set_after(*this, plan_.silence ? *plan_.silence : plan_.deadline);
            }
            return step;
        } catch (const std::exception& problem) {
            return refuse(problem.what());
        }
    }

    /// The visitor that was read, and its recipient. This object can then only be destroyed.
    std::pair<AcceptedVisitor, Done> take() noexcept {
        if (std::exchange(watched_, false)) {
            owner_.worker_.poller().remove(visitor_.socket.get(), *this);
        }
        return {std::move(visitor_), std::move(done_)};
    }

    std::string take_peer() noexcept { return std::move(peer_); }

private:
    Step examine();
    Step look_at_proxy_header();
    Step look_at_client_hello();
    Step refuse(const char* why) const;

    void on_events(std::uint32_t events) noexcept override;
    void on_deadline() noexcept override;

    Prefaces& owner_;
    PrefacePlan plan_;  // what is still to be read
    AcceptedVisitor visitor_;
    std::string peer_;
    Done done_;
    net::ClientHelloReader hello_;
    bool heard_ = false;  // a first byte after the PROXY header
    bool watched_ = false;
};

Prefaces::Reading::Step Prefaces::Reading::refuse(const char* why) const {
    static constexpr LogCategory proxies{"proxies"};
    if (owner_.log_.may_write(LogLevel::warn, proxies, owner_.worker_.now())) {
        owner_.log_.warn("a connection from a proxy was rejected", {{"proxy", peer_}, {"why", why}});
    }
    return Step::refused;
}

Prefaces::Reading::Step Prefaces::Reading::examine() {
    Step step = Step::done;
    if (plan_.proxy_header) {
        step = look_at_proxy_header();
        plan_.proxy_header = step == Step::more;
    }
    return step == Step::done && plan_.client_hello ? look_at_client_hello() : step;
}

Prefaces::Reading::Step Prefaces::Reading::look_at_proxy_header() {
    using Status = net::ProxyReading::Status;
    std::array<std::uint8_t, limits::proxy_header_bytes_max> room;
    const auto seen = peek(visitor_.socket.get(), room);
    if (!seen) {
        return Step::refused;  // without a log line: a proxy's health check
    }
    const net::ProxyReading read = net::read_proxy_header(*seen);
    switch (read.status) {
        case Status::more:
            return Step::more;
        case Status::absent:
            return refuse("it does not begin with a PROXY protocol header, which connections from this proxy need");
        case Status::malformed:
            return refuse(read.error);
        case Status::complete:
            break;
    }
    if (read.header.datagrams) {
        return refuse("its PROXY header is for UDP, not TCP");
    }
    // These bytes are in the socket, so they arrive at once.
    if (runtime::read_some(visitor_.socket.get(), MutableBytes(room).first(read.size)).bytes != read.size) {
        return Step::refused;
    }
    if (read.header.source.family != 0) {
        visitor_.from = net::unmapped(read.header.source);
    }
    return Step::done;
}

Prefaces::Reading::Step Prefaces::Reading::look_at_client_hello() {
    using Status = net::ClientHelloReader::Status;
    owner_.room_.resize(limits::client_hello_bytes_max);
    const auto seen = peek(visitor_.socket.get(), owner_.room_);
    if (!seen) {
        return Step::refused;
    }
    heard_ = heard_ || !seen->empty();
    const std::string_view text = as_text(*seen);
    if (plan_.opening && !text.empty() && text.substr(0, ssh_begins.size()) == ssh_begins.substr(0, text.size())) {
        visitor_.opening = FirstProtocol::ssh;
        return text.size() < ssh_begins.size() ? Step::more : Step::done;
    }
    visitor_.opening = FirstProtocol::unknown;
    const Status status = hello_.examine(*seen);
    if (status == Status::more) {
        return Step::more;
    }
    if (status == Status::complete) {
        visitor_.hello = hello_.hello();
    }
    if (status != Status::not_tls) {
        visitor_.opening = FirstProtocol::tls;
    }
    return Step::done;
}

void Prefaces::Reading::on_events(std::uint32_t events) noexcept {
    Prefaces& owner = owner_;
    try {
        const Step step = examine();
        if (step == Step::done) {
            owner.finish(*this);
        } else if (step == Step::refused || (events & end_events) != 0) {
            owner.drop(*this);
        }
    } catch (const std::exception&) {
        owner.drop(*this);  // no memory for this one
    }
}

void Prefaces::Reading::on_deadline() noexcept {
    if (const std::optional<Duration> silence = std::exchange(plan_.silence, std::nullopt)) {
        if (!heard_ && !plan_.proxy_header) {
            visitor_.opening = FirstProtocol::silence;
            owner_.finish(*this);
        } else {
            owner_.wheel_.set_after(*this, plan_.deadline - *silence);
        }
        return;
    }
    owner_.log_.debug("a visitor was dropped",
                      {{"visitor", peer_},
                       {"why", plan_.proxy_header ? "its PROXY header did not arrive in time"
                                                  : "its ClientHello did not arrive in time"}});
    owner_.drop(*this);
}

void log_not_accepted(Logger& log, TimePoint now, const std::string& visitor, const char* why) {
    static constexpr LogCategory not_taken{"not_taken"};
    if (log.may_write(LogLevel::error, not_taken, now)) {
        log.error("a visitor could not be accepted", {{"visitor", visitor}, {"why", why}});
    }
}

Prefaces::Prefaces(runtime::Worker& worker, runtime::DeadlineWheel& wheel, Logger& log) noexcept
    : worker_(worker), wheel_(wheel), log_(log) {}

Prefaces::~Prefaces() {
    clear();
}

void Prefaces::begin(runtime::Fd socket, const runtime::SocketAddress& from, const PrefacePlan& plan,
                     Done done) noexcept {
    check_here(worker_);
    try {
        auto made = std::make_unique<Reading>(*this, std::move(socket), from, plan, std::move(done));
        reading_.insert(made.get());
        Reading& reading = *made.release();
        const Reading::Step step = reading.begin();
        if (step == Reading::Step::done) {
            finish(reading);
        } else if (step == Reading::Step::refused) {
            drop(reading);
        }
    } catch (const std::exception& problem) {
        log_not_accepted(log_, worker_.now(), from.ip(), problem.what());
    }
}

void Prefaces::finish(Reading& reading) {
    auto [visitor, done] = reading.take();
    const std::string peer = reading.take_peer();
    drop(reading);
    try {
        done(std::move(visitor));
    } catch (const std::exception& problem) {
        log_not_accepted(log_, worker_.now(), peer, problem.what());
    }
}

void Prefaces::drop(Reading& reading) noexcept {
    reading_.erase(&reading);
    delete &reading;
}

void Prefaces::clear() noexcept {
    check_here(worker_);
    while (!reading_.empty()) {
        drop(**reading_.begin());
    }
}

}  // namespace ferrotunnel::ingress
