#include "ingress/udp_port.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <list>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "ingress/udp_visitor.hpp"
#include "runtime/deferred.hpp"
#include "runtime/poller.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::ingress {
namespace {

using trunk::DatagramCounts;

// Visitors choose their addresses, so the hash has a secret: an attacker cannot aim at one bucket.
class AddressHash {
public:
    AddressHash(std::uint64_t first, std::uint64_t second) noexcept : first_(first | 1), second_(second | 1) {}

    std::size_t operator()(const net::Address& address) const noexcept {
        std::array<std::uint64_t, 2> halves;
        std::copy(address.bytes.begin(), address.bytes.end(), reinterpret_cast<std::uint8_t*>(halves.data()));
        const std::uint64_t port = (std::uint64_t{address.family} << 16) | address.port;
        return static_cast<std::size_t>(mix(mix(halves[0] ^ first_, second_) ^ halves[1], mix(port ^ second_, first_)));
    }

private:
    static std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }

    std::uint64_t first_;
    std::uint64_t second_;
};

class UdpPort final : public directory::PublicPort,
                      private UdpVisitorOwner,
                      private runtime::PollTarget,
                      private runtime::Deferred {
public:
    struct Shared {
        std::shared_ptr<DatagramCounts> counts;
        Random& random;
        Logger& log;
    };

    UdpPort(runtime::Worker& worker, runtime::Fd socket, const directory::DatagramTerms& terms,
            directory::DatagramHandler on_visitor, const Shared& shared);
    ~UdpPort() override;

    runtime::SocketAddress address() const override { return address_; }
    // No visitor waits in the kernel for being accepted: one without a stream uses little, and their number is limited.
    void set_paused(bool) noexcept override {}
    void refuse_visitors() noexcept override {
        worker_.poller().unwatch(socket_.get());
        runtime::free_datagram_address(socket_.get());
    }
    int descriptor() const noexcept override { return socket_.get(); }
    void handover_to_process() noexcept override {
        is_handed_over_ = true;
        readable_ = false;
        idle_ = std::min(idle_, limits::udp_handover_idle_max);
        idle_timer_.set_after(Duration::zero());
    }

private:
    using Visitors = std::list<IntrusivePtr<UdpVisitor>>;

    runtime::Worker& worker() noexcept override { return worker_; }
    DatagramCounts& counts() noexcept override { return *shared_.counts; }
    void set_due(UdpVisitor& visitor) noexcept override;
    std::unique_ptr<trunk::DatagramFlow> make_flow(IntrusivePtr<mux::Stream> stream, UdpVisitor& visitor) override;
    void uncount_waiting(std::size_t bytes) noexcept override { waiting_bytes_ -= bytes; }

    void on_events(std::uint32_t events) noexcept override;
    void run_deferred() noexcept override;
    void receive();
    void take(const runtime::DatagramReader::Datagram& datagram);
    Visitors::iterator begin_visitor(const net::Address& key, const runtime::SocketAddress& from);
    bool make_room();
    void touch(Visitors::iterator visitor) noexcept;
    void serve();
    void send(runtime::DatagramWriter& writer) noexcept;
    void forget(UdpVisitor& visitor, const char* why);
    void expire();

    // A batch is 16 messages, each with one datagram, or with up to 64 joined ones.
    static constexpr std::size_t datagrams_per_round = 128;
    static constexpr std::size_t expired_per_round = 256;

    runtime::Worker& worker_;
    const runtime::Fd socket_;
    const runtime::SocketAddress address_;
    const directory::DatagramTerms terms_;
    const directory::DatagramHandler on_visitor_;
    const Shared shared_;
    Visitors visitors_;  // the one that was silent longest is first
    std::unordered_map<net::Address, Visitors::iterator, AddressHash> by_address_;
    std::vector<IntrusivePtr<UdpVisitor>> fed_;  // of one batch
    std::vector<IntrusivePtr<UdpVisitor>> due_;
    std::vector<IntrusivePtr<UdpVisitor>> serving_;
    std::size_t waiting_bytes_ = 0;  // for streams
    Duration idle_;                  // after which a visitor is forgotten
    bool readable_ = true;
    bool is_handed_over_ = false;  // responses are still sent
    runtime::Segmenting segmenting_;
    runtime::Timer idle_timer_;
};

UdpPort::UdpPort(runtime::Worker& worker, runtime::Fd socket, const directory::DatagramTerms& terms,
                 directory::DatagramHandler on_visitor, const Shared& shared)
    : worker_(worker),
      socket_(std::move(socket)),
      address_(runtime::local_address(socket_.get())),
      terms_(terms),
      on_visitor_(std::move(on_visitor)),
      shared_(shared),
      by_address_(0, AddressHash(shared.random.next(), shared.random.next())),
      idle_(terms.idle),
      idle_timer_(worker, [this] { expire(); }) {
    fed_.reserve(runtime::DatagramReader::batch_max);
    worker_.poller().add_input(socket_.get(), *this);
}

UdpPort::~UdpPort() {
    worker_.poller().remove(socket_.get(), *this);
    for (const auto& visitor : visitors_) {
        visitor->end();
    }
}

// Room for every visitor is made in begin_visitor, since this must not fail.
void UdpPort::set_due(UdpVisitor& visitor) noexcept {
    if (!std::exchange(visitor.due, true)) {
        due_.emplace_back(&visitor);
        worker_.defer(*this);
    }
}

// A flow that has ended by itself is found by serve().
std::unique_ptr<trunk::DatagramFlow> UdpPort::make_flow(IntrusivePtr<mux::Stream> stream, UdpVisitor& visitor) {
    return terms_.flow ? terms_.flow(std::move(stream), visitor.from(), [&visitor] { visitor.wake(); })
                       : trunk::make_plain_flow(std::move(stream));
}

void UdpPort::on_events(std::uint32_t) noexcept {
    readable_ = !is_handed_over_;
    run_deferred();
}

void UdpPort::run_deferred() noexcept {
    try {
        receive();
        serve();
    } catch (const std::exception&) {
        // Without memory the datagrams of this round are lost, as others are; the port continues.
    }
    if (readable_ || !due_.empty()) {
        worker_.defer(*this);
    }
}

// --- from visitors ---

// Reads until nothing is left: a short batch may have been cut by an error, with more after it.
void UdpPort::receive() {
    runtime::DatagramReader reader(worker_.slabs());
    for (std::size_t taken = 0; taken < datagrams_per_round && readable_;) {
        const runtime::IoResult result = reader.read(socket_.get());
        readable_ = result.status != runtime::IoStatus::would_block;
        taken += std::max<std::size_t>(result.bytes, 1);
        reader.for_each([this](const runtime::DatagramReader::Datagram& datagram) { take(datagram); });
        // Once per batch: a session on another worker is woken once, and finds all of it.
        for (const IntrusivePtr<UdpVisitor>& visitor : fed_) {
            visitor->flush();
        }
        fed_.clear();
    }
}

void UdpPort::take(const runtime::DatagramReader::Datagram& datagram) {
    DatagramCounts::add(counts().received, 1);
    if (datagram.cut || datagram.from.port() == 0) {  // port 0 cannot be answered
        DatagramCounts::add(counts().no_visitor, 1);
        return;
    }
    const net::Address key = runtime::visitor_address(datagram.from);
    const auto known = by_address_.find(key);
    const bool is_new = known == by_address_.end();
    const auto at = is_new ? begin_visitor(key, datagram.from) : known->second;
    if (at == visitors_.end()) {
        DatagramCounts::add(counts().no_visitor, 1);
        return;
    }
    const IntrusivePtr<UdpVisitor> visitor = *at;
    if (!visitor->is_rejected()) {
        touch(at);
    }
    visitor->to = datagram.to;
    const std::size_t before = visitor->waiting_bytes();
    visitor->take(datagram.payload, limits::udp_unopened_bytes_per_port_max - waiting_bytes_);
    waiting_bytes_ += visitor->waiting_bytes() - before;
    if (fed_.empty() || fed_.back() != visitor) {
        fed_.push_back(visitor);
    }
    if (is_new) {
        on_visitor_(visitor, datagram.from);
    }
}

// Creates a visitor, or returns the end if there is no place for another one.
UdpPort::Visitors::iterator UdpPort::begin_visitor(const net::Address& key, const runtime::SocketAddress& from) {
    if (!make_room()) {
        return visitors_.end();
    }
    due_.reserve(visitors_.size() + 1);
    serving_.reserve(visitors_.size() + 1);
    visitors_.push_back(make_intrusive<UdpVisitor>(static_cast<UdpVisitorOwner&>(*this), from));
    const auto at = std::prev(visitors_.end());
    try {
        by_address_.emplace(key, at);
    } catch (...) {
        visitors_.pop_back();
        throw;
    }
    return at;
}

bool UdpPort::make_room() {
    if (visitors_.size() < limits::udp_visitors_per_port_max) {
        return true;
    }
    UdpVisitor& oldest = *visitors_.front();
    if (worker_.now() - oldest.active_at < limits::udp_gives_way_after) {
        return false;
    }
    forget(oldest, "made room for another visitor");
    return true;
}

void UdpPort::touch(Visitors::iterator visitor) noexcept {
    (*visitor)->active_at = worker_.now();
    visitors_.splice(visitors_.end(), visitors_, visitor);
    if (!idle_timer_.is_set()) {
        idle_timer_.set_after(idle_);
    }
}

// --- to visitors ---

// Visitors that become due meanwhile have their turn in a later round.
void UdpPort::serve() {
    runtime::DatagramWriter writer;
    serving_.swap(due_);
    for (const IntrusivePtr<UdpVisitor>& visitor : serving_) {
        visitor->due = false;
        const auto known = by_address_.find(runtime::visitor_address(visitor->from()));
        if (known == by_address_.end() || known->second->get() != visitor.get()) {
            continue;  // the visitor has ended
        }
        const std::uint64_t sent = visitor->sent();
        bool more = false;
        if (!visitor->serve(writer, more)) {
            forget(*visitor, "its stream ended");
            continue;
        }
        if (visitor->sent() != sent) {
            touch(known->second);
        }
        if (more) {
            set_due(*visitor);
        }
        if (writer.is_full()) {
            send(writer);
        }
    }
    serving_.clear();
    send(writer);
}

void UdpPort::send(runtime::DatagramWriter& writer) noexcept {
    if (writer.is_empty()) {
        return;
    }
    const auto result = writer.send(socket_.get(), segmenting_);
    DatagramCounts::add(counts().sent, result.sent);
    DatagramCounts::add(counts().socket_full, result.no_room);
    DatagramCounts::add(counts().unreachable, result.failed);
}

// --- the end of visitors ---

void UdpPort::forget(UdpVisitor& visitor, const char* why) {
    const auto known = by_address_.find(runtime::visitor_address(visitor.from()));
    const IntrusivePtr<UdpVisitor> keep = *known->second;
    visitors_.erase(known->second);
    by_address_.erase(known);
    keep->end();
    shared_.log.debug("a visitor of a UDP service left", {{"service", terms_.service},
                                                          {"from", keep->from().text()},
                                                          {"why", why},
                                                          {"received", keep->received()},
                                                          {"sent", keep->sent()},
                                                          {"no_room", keep->drops().no_room},
                                                          {"too_old", keep->drops().too_old}});
}

void UdpPort::expire() {
    for (std::size_t i = 0; i < expired_per_round && !visitors_.empty(); ++i) {
        UdpVisitor& oldest = *visitors_.front();
        const TimePoint until = oldest.active_at + idle_;
        if (worker_.now() < until) {
            idle_timer_.set(until);
            return;
        }
        forget(oldest, "was idle");
    }
    if (!visitors_.empty()) {
        idle_timer_.set(worker_.now());
    }
}

}  // namespace

directory::DatagramOpener udp_port_opener(std::shared_ptr<trunk::DatagramCounts> counts, Random& random, Logger& log) {
    return [shared = UdpPort::Shared{std::move(counts), random, log}](runtime::Worker& worker, runtime::Fd socket,
                                                                      const directory::DatagramTerms& terms,
                                                                      directory::DatagramHandler on_visitor) {
        return std::make_unique<UdpPort>(worker, std::move(socket), terms, std::move(on_visitor), shared);
    };
}

}  // namespace ferrotunnel::ingress
