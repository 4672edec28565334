#include "backend/datagram_dial.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "backend/datagram_addresses.hpp"
#include "base/limits.hpp"
#include "net/ip_text.hpp"
#include "net/proxy_protocol.hpp"
#include "runtime/datagram_socket.hpp"
#include "runtime/deferred.hpp"
#include "runtime/name_service.hpp"
#include "runtime/poller.hpp"
#include "runtime/shutdown_hook.hpp"
#include "runtime/step_loop.hpp"
#include "runtime/timer.hpp"
#include "trunk/sealed_datagrams.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::backend {
namespace {

using trunk::DatagramCounts;
using trunk::DatagramFlow;
using wire::Code;

// One visitor's socket towards the backend, with the endpoint half of its stream, on the worker of the trunk.
//
//   proving the key --> resolving --address--> open --stream over, idle, worker ends--> over
//          \                \--no address, no descriptor----------------------------> over (stream aborted)
//           \__ another key, no answer (only in a visit of another client) _________> over
//
// It keeps itself alive until it is over.
class BackendDatagrams final : public buffer::Waker,
                               private runtime::PollTarget,
                               private runtime::ShutdownHook,
                               private runtime::Deferred {
public:
    BackendDatagrams(runtime::Worker& worker, std::shared_ptr<const ClientService> service, const net::Address& visitor,
                     DialShared shared, std::shared_ptr<DatagramCounts> counts)
        : worker_(worker),
          service_(std::move(service)),
          visitor_(visitor),
          shared_(std::move(shared)),
          counts_(std::move(counts)),
          active_at_(worker.now()) {}

    void begin(IntrusivePtr<mux::Stream> stream);
    void wake() noexcept override;

private:
    const net::HostPort& place() const noexcept { return service_->backend.place.at; }
    Duration idle() const noexcept { return service_->udp_idle + limits::udp_idle_behind; }
    void look_for_backend();
    void begin_sending();
    void on_addresses(std::error_code error, const std::vector<runtime::SocketAddress>& addresses);
    void look_again();
    void on_addresses_again(const std::vector<runtime::SocketAddress>& addresses);
    std::vector<runtime::SocketAddress> with_port(std::vector<runtime::SocketAddress> addresses) const;
    bool connect();
    bool reconnect();
    bool follow(DatagramAddresses::Advice advice);
    void refuse(Code code, const std::string& why);
    std::unique_ptr<DatagramFlow> sealed_flow(IntrusivePtr<mux::Stream> stream, PermitPtr ticket);
    bool may_begin();

    void on_events(std::uint32_t events) noexcept override;
    void on_worker_end() noexcept override { end(); }
    void run_deferred() noexcept override { run(); }
    void run() noexcept;
    void step();
    void to_backend();
    bool introduce(buffer::Slice& payload);
    void send(runtime::DatagramWriter& writer);
    void from_backend();
    void unreachable(std::error_code error);
    void on_idle();
    void count_drops() noexcept;
    void end(Code code = Code::none) noexcept;

    static constexpr std::size_t datagrams_per_round = 128;

    runtime::Worker& worker_;
    const std::shared_ptr<const ClientService> service_;
    const net::Address visitor_;
    std::unique_ptr<DatagramFlow> flow_;    // null when it is over
    IntrusivePtr<mux::Stream> unaccepted_;  // until there is a socket
    const DialShared shared_;
    const std::shared_ptr<DatagramCounts> counts_;
    DatagramAddresses addresses_;
    runtime::NameService::Ticket question_ = 0;
    runtime::Fd socket_;
    runtime::Segmenting segmenting_;
    std::unique_ptr<SelfLoopDetector::Watch> watched_;  // the socket, if it may lead back to this client
    std::unique_ptr<runtime::Timer> idle_timer_;
    TimePoint active_at_;
    mux::Stream::Drops counted_{};
    std::uint64_t received_ = 0;
    std::uint64_t sent_ = 0;
    bool begun_ = false;       // to search for the backend
    bool introduced_ = false;  // the backend has received the visitor's address
    bool readable_ = false;
    runtime::StepLoop steps_;
    IntrusivePtr<BackendDatagrams> self_;
};

void BackendDatagrams::begin(IntrusivePtr<mux::Stream> stream) {
    self_ = IntrusivePtr<BackendDatagrams>(this);
    worker_.shutdown_hooks().add(*this);
    shared_.traffic->opened();
    stream->attach(IntrusivePtr<buffer::Waker>(this), false);
    idle_timer_ = std::make_unique<runtime::Timer>(worker_, [this] { on_idle(); });
    idle_timer_->set_after(idle());
    if (!service_->seal) {
        unaccepted_ = stream;
        flow_ = trunk::make_plain_flow(std::move(stream));
    } else if (PermitPtr ticket = service_->seal->begin_handshake()) {
        stream->accept();
        flow_ = sealed_flow(std::move(stream), std::move(ticket));
    } else {
        log_refused_visit(*service_, too_many_handshakes_text, worker_.now(), shared_.log);
        flow_ = trunk::make_plain_flow(std::move(stream));
        end(Code::busy);
        return;
    }
    run();
}

// The stream is accepted before the handshake, and the backend is looked up after it.
std::unique_ptr<DatagramFlow> BackendDatagrams::sealed_flow(IntrusivePtr<mux::Stream> stream, PermitPtr ticket) {
    auto tell = [this](const std::string& why) {
        if (!why.empty() && !begun_) {
            log_refused_visit(*service_, why, worker_.now(), shared_.log);
        }
    };
    return std::make_unique<trunk::SealedDatagrams>(worker_, std::move(stream), service_->seal,
                                                    worker_.now() + limits::handshake_deadline, std::move(tell),
                                                    std::move(ticket), [this] { run(); });
}

// Whether the backend may be looked up: for a visit of another client once that has proved the key.
bool BackendDatagrams::may_begin() {
    const DatagramFlow::Next open = flow_->is_open();
    if (open == DatagramFlow::Next::over) {
        end();
    }
    return open == DatagramFlow::Next::datagram;
}

void BackendDatagrams::look_for_backend() {
    if (auto known = runtime::known_addresses(place()); !known.empty()) {
        addresses_.set(std::move(known), false);
        begin_sending();
        return;
    }
    question_ = worker_.names().resolve(
        place().host, [this](std::error_code error, const std::vector<runtime::SocketAddress>& addresses) {
            question_ = 0;
            on_addresses(error, addresses);
        });
}

void BackendDatagrams::on_addresses(std::error_code error, const std::vector<runtime::SocketAddress>& addresses) {
    const IntrusivePtr<BackendDatagrams> keep(this);
    if (error || addresses.empty()) {
        refuse(Code::refused, error ? error.message() : "its name does not resolve to an address");
        return;
    }
    try {
        addresses_.set(with_port(addresses), true);
        begin_sending();
    } catch (const std::exception&) {
        refuse(Code::busy, "out of memory");
    }
}

void BackendDatagrams::begin_sending() {
    if (connect()) {
        if (unaccepted_) {
            std::exchange(unaccepted_, nullptr)->accept();
        }
        run();
    }
}

std::vector<runtime::SocketAddress> BackendDatagrams::with_port(std::vector<runtime::SocketAddress> addresses) const {
    for (runtime::SocketAddress& address : addresses) {
        address.set_port(place().port);
    }
    return addresses;
}

// Resolves the name again: it may have moved while the visitor continues sending. Until it is resolved, the address in
// use stays.
void BackendDatagrams::look_again() {
    if (question_ != 0) {
        return;
    }
    worker_.names().invalidate(place().host);
    question_ = worker_.names().resolve(
        place().host, [this](std::error_code error, const std::vector<runtime::SocketAddress>& addresses) {
            question_ = 0;
            if (!error && !addresses.empty()) {
                on_addresses_again(addresses);
            }
        });
}

void BackendDatagrams::on_addresses_again(const std::vector<runtime::SocketAddress>& addresses) {
    const IntrusivePtr<BackendDatagrams> keep(this);
    try {
        if (addresses_.renew(with_port(addresses)) && reconnect()) {
            run();
        }
    } catch (const std::exception&) {
        refuse(Code::busy, "out of memory");
    }
}

// Makes the socket for the address in use, or for the next one that this machine can send to.
bool BackendDatagrams::connect() {
    runtime::SocketAddress to;
    runtime::Fd socket;
    std::error_code error;
    static const std::uint64_t most = runtime::descriptors_for_visitors();
    for (std::size_t tried = 0; !socket && tried < addresses_.size(); ++tried) {
        if (tried > 0) {
            addresses_.skip();
        }
        to = addresses_.current();
        socket = runtime::connect_datagrams(to, error);
        if (socket && static_cast<std::uint64_t>(socket.get()) >= most) {
            socket.reset();
            error = std::make_error_code(std::errc::too_many_files_open);
        }
    }
    if (!socket) {
        refuse(Code::refused, error.message());
        return false;
    }
    worker_.poller().add_input(socket.get(), *this);
    socket_ = std::move(socket);
    introduced_ = false;
    if (shared_.self_loop_detector->may_loop(place().port)) {
        watched_ = shared_.self_loop_detector->watch(runtime::visitor_address(runtime::local_address(socket_.get())),
                                                     runtime::visitor_address(to));
    }
    return true;
}

bool BackendDatagrams::reconnect() {
    worker_.poller().remove(socket_.get(), *this);
    socket_.reset();
    readable_ = false;
    return connect();
}

// False if the visitor's stream is over.
bool BackendDatagrams::follow(DatagramAddresses::Advice advice) {
    if (advice.resolves) {
        look_again();
    }
    return !advice.moves || reconnect();
}

void BackendDatagrams::refuse(Code code, const std::string& why) {
    service_->backend_state->failed({service_->name, service_->backend.text}, why, worker_.now(), shared_.log);
    end(code);
}

void BackendDatagrams::wake() noexcept {
    // The stream's session lives on the same worker; if that has ended, this thread tears down what lived there.
    if (!worker_.here() && !worker_.mailbox()->is_closed()) {
        (void)worker_.mailbox()->post_call([self = IntrusivePtr<BackendDatagrams>(this)] { self->run(); });
        return;
    }
    run();
}

void BackendDatagrams::on_events(std::uint32_t) noexcept {
    readable_ = true;
    run();
}

void BackendDatagrams::run() noexcept {
    check_here(worker_);
    const auto failed = [this](const std::exception&) { end(); };  // without memory this visitor's stream ends
    steps_.run(
        this, [this] { step(); }, failed, [this] { return flow_ != nullptr; });
}

void BackendDatagrams::step() {
    if (flow_ && !begun_ && may_begin()) {
        begun_ = true;
        look_for_backend();
    }
    if (flow_ && begun_) {
        to_backend();
    }
    if (flow_) {
        from_backend();
    }
}

// Takes datagrams until there are no more: later ones wake it.
void BackendDatagrams::to_backend() {
    using Next = DatagramFlow::Next;
    if (!socket_) {  // no address yet: queued data waits, within its limits
        if (flow_->is_open() == Next::over) {
            end();
        }
        return;
    }
    runtime::DatagramWriter writer;
    Next next = Next::datagram;
    while (next == Next::datagram) {
        buffer::Slice payload;
        next = flow_->take(payload);
        if (next == Next::datagram && writer.is_empty() && !follow(addresses_.before_sending(worker_.now()))) {
            return;
        }
        if (next == Next::datagram && introduce(payload)) {
            writer.add(std::move(payload));
        }
        if (next != Next::datagram || writer.is_full()) {
            send(writer);
            if (!flow_) {
                return;
            }
        }
    }
    if (next == Next::over) {
        end();
    }
}

// Puts the PROXY header in front of a datagram that needs it. False if it would be too long; it is then dropped.
bool BackendDatagrams::introduce(buffer::Slice& payload) {
    const Backend& backend = service_->backend;
    if (!backend.proxy || (introduced_ && !backend.proxy_each)) {
        return true;
    }
    net::ProxyHeader header;
    header.source = visitor_;
    header.destination = runtime::visitor_address(runtime::peer_address(socket_.get()));
    header.datagrams = true;
    std::array<std::uint8_t, net::proxy_written_max> bytes;
    const std::size_t size = net::write_proxy_v2(header, bytes.data());
    if (size + payload.size() > limits::datagram_payload_max) {
        DatagramCounts::add(counts_->no_room, 1);
        return false;
    }
    const auto whole = static_cast<std::uint32_t>(size + payload.size());
    buffer::SlabPtr slab = buffer::make_slab(whole);
    std::copy_n(bytes.begin(), size, slab->data());
    std::copy(payload.bytes().begin(), payload.bytes().end(), slab->data() + size);
    payload = {std::move(slab), 0, whole};
    introduced_ = true;
    return true;
}

void BackendDatagrams::send(runtime::DatagramWriter& writer) {
    if (writer.is_empty()) {
        return;
    }
    active_at_ = worker_.now();
    const auto result = writer.send(socket_.get(), segmenting_);
    sent_ += result.sent;
    DatagramCounts::add(counts_->sent, result.sent);
    DatagramCounts::add(counts_->socket_full, result.no_room);
    DatagramCounts::add(counts_->unreachable, result.failed);
    if (result.failed != 0) {
        unreachable(result.error);
    }
}

void BackendDatagrams::from_backend() {
    if (!readable_ || !socket_) {
        return;
    }
    runtime::DatagramReader reader(worker_.slabs());
    for (std::size_t taken = 0; taken < datagrams_per_round && readable_;) {
        const runtime::IoResult result = reader.read(socket_.get());
        taken += std::max<std::size_t>(result.bytes, 1);
        if (result.status == runtime::IoStatus::error) {
            DatagramCounts::add(counts_->unreachable, 1);
            unreachable(result.error);
            if (!flow_) {
                return;
            }
            continue;
        }
        readable_ = result.status != runtime::IoStatus::would_block;
        reader.for_each([&](const runtime::DatagramReader::Datagram& datagram) {
            flow_->send(buffer::Slice::copy_of(datagram.payload), worker_.now());  // counts what it drops
        });
        if (result.bytes != 0) {
            received_ += result.bytes;
            active_at_ = worker_.now();
            DatagramCounts::add(counts_->received, result.bytes);
            if (addresses_.answered()) {
                worker_.names().prefer(place().host, addresses_.current());
            }
            service_->backend_state->answered({service_->name, service_->backend.text}, worker_.now(), shared_.log);
        }
    }
    flow_->flush();
    count_drops();
    if (readable_) {
        worker_.defer(*this);
    }
}

// The backend is down, or not at this address: with several addresses, the next one is tried.
void BackendDatagrams::unreachable(std::error_code error) {
    service_->backend_state->failed({service_->name, service_->backend.text}, error.message(), worker_.now(),
                                    shared_.log);
    if (error == std::errc::connection_refused || error == std::errc::host_unreachable ||
        error == std::errc::network_unreachable) {
        (void)follow(addresses_.refused(worker_.now()));
    }
}

// One timer, which is set again when it fires and not for each datagram.
void BackendDatagrams::on_idle() {
    const TimePoint until = active_at_ + idle();
    if (worker_.now() < until) {
        idle_timer_->set(until);
        return;
    }
    const IntrusivePtr<BackendDatagrams> keep(this);
    end();
}

void BackendDatagrams::count_drops() noexcept {
    const mux::Stream::Drops drops = flow_->drops();
    DatagramCounts::add(counts_->no_room, drops.no_room - counted_.no_room);
    DatagramCounts::add(counts_->too_old, drops.too_old - counted_.too_old);
    counted_ = drops;
}

void BackendDatagrams::end(Code code) noexcept {
    if (!flow_) {
        return;
    }
    count_drops();
    const std::unique_ptr<DatagramFlow> flow = std::move(flow_);
    unaccepted_.reset();
    leave();
    cancel_deferred();
    idle_timer_->cancel();  // the timer may be the caller; it is destroyed with this object
    if (question_ != 0) {
        worker_.names().forget(std::exchange(question_, 0));
    }
    if (socket_) {
        worker_.poller().remove(socket_.get(), *this);
        socket_.reset();
    }
    watched_.reset();
    flow->end(code);
    shared_.traffic->stopped_sending();
    shared_.traffic->closed();
    shared_.log.debug("a visitor of a UDP service left", {{"service", service_->name},
                                                          {"received", received_},
                                                          {"sent", sent_},
                                                          {"no_room", counted_.no_room},
                                                          {"too_old", counted_.too_old}});
    self_.reset();  // last: this may destroy it
}

}  // namespace

void dial_datagrams(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                    IntrusivePtr<mux::Stream> stream, const net::Address& visitor, DialShared shared,
                    std::shared_ptr<trunk::DatagramCounts> counts) {
    check_here(worker);
    make_intrusive<BackendDatagrams>(worker, std::move(service), visitor, std::move(shared), std::move(counts))
        ->begin(std::move(stream));
}

}  // namespace ferrotunnel::backend
