#include "backend/serve_exit.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "backend/exit.hpp"
#include "backend/served_stream.hpp"
#include "base/limits.hpp"
#include "exits/exit_handshake.hpp"
#include "net/ip_text.hpp"
#include "runtime/connector.hpp"
#include "runtime/own_networks.hpp"
#include "runtime/protected_endpoints.hpp"
#include "runtime/route_to.hpp"
#include "runtime/timer.hpp"
#include "trunk/counted_traffic.hpp"
#include "trunk/frame_windows.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::backend {
namespace {

using exits::ExitHandshake;
using exits::Refusal;
using mux::StreamItem;
using runtime::Connector;
using runtime::Resolver;
using runtime::SocketAddress;
using wire::Code;

constexpr const char* kept_text =
    "the destination is this machine or in a network attached to it, and no item of `allow` names it";
constexpr const char* unclear_text =
    "cannot find out whether the destination is this machine or in a network attached to it: no descriptor or "
    "memory is left, and no item of `allow` names it";
constexpr LogCategory refused_lines{"visitors of exits who were refused"};

Refusal refusal_of(std::error_code error) {
    return error == std::errc::timed_out                  ? Refusal::timeout
           : error == std::errc::connection_refused       ? Refusal::refused
           : error == runtime::protected_endpoint_error() ? Refusal::not_allowed
                                                          : Refusal::unreachable;
}

// The endpoint half of one stream until it is connected, on the worker of its trunk. It keeps itself alive until then.
//
//   hearing --requested, a name--> resolving --an allowed address--> connecting --> over: the stream is a pump's
//      |    '--an allowed address-----------------------------------/   |
//      |                               |                                |
//      '-------------------------------+--refused, timeout--------------+--[a wrong login waits]--> over (in order)
//      any of these --stream aborted or reset, worker ends--> over (reset)
class ExitStream final : public ServedStream {
public:
    ExitStream(runtime::Worker& worker, std::shared_ptr<const ClientService> service, IntrusivePtr<mux::Stream> stream,
               const net::Address& visitor, DialShared shared)
        : ServedStream(worker, std::move(stream)),
          service_(std::move(service)),
          visitor_(visitor),
          shared_(std::move(shared)),
          handshake_(exit().users()),
          timer_(std::in_place, worker, [this] { guarded([this] { on_timer(); }); }) {}

    void serve();

private:
    // Why the exit may not connect to an address that no item names; with several addresses, the later value takes
    // precedence.
    enum class Obstacle : std::uint8_t {
        none,
        unclear,  // the owner of the address could not be found out
        kept,     // the address belongs to this machine or a neighbour
    };

    Exit& exit() const noexcept { return *service_->backend.exit; }
    void step() override;
    void on_over() noexcept override;
    void on_timer();
    bool hear();
    void look_up();
    Obstacle obstacle_to(const SocketAddress& to) const;
    void on_resolved(std::error_code error, std::vector<SocketAddress> found);
    void connect(std::vector<SocketAddress> to);
    void on_connected(std::error_code error, runtime::Fd socket);
    void pass_on(runtime::Fd socket);
    void refuse(Obstacle obstacle);
    void refuse(Refusal why, const std::string& told);
    void tell_refused(std::string_view why) const;
    void say();

    const std::shared_ptr<const ClientService> service_;
    const net::Address visitor_;
    const DialShared shared_;
    ExitHandshake handshake_;
    PermitPtr place_;  // until it has sent its request
    std::optional<runtime::Timer> timer_;
    std::optional<Resolver> resolver_;
    std::optional<Connector> connector_;
};

void ExitStream::serve() {
    begin();
    place_ = exit().acquire_permit();
    if (!place_) {
        tell_refused("too many visitors have not sent a destination yet");
        stream().abort(Code::busy);
        end();
        return;
    }
    timer_->set(worker().now() + limits::exit_handshake_deadline);
    stream().accept();
    run();
}

// While the visitor waits for the reply to a wrong login, this ends that wait, otherwise the time for its request.
void ExitStream::on_timer() {
    if (handshake_.is_wrong_login()) {
        say();
        end_gracefully();
    } else if (handshake_.state() == ExitHandshake::State::reading) {
        tell_refused("it did not send a destination in time");
        end_by_reset();
    } else {
        refuse(Refusal::timeout, "its name was not resolved in time");
    }
}

void ExitStream::step() {
    while (!is_over()) {
        if (stream().stream_end()) {
            end();
            return;
        }
        if (stream().send_is_dead()) {
            end_by_reset();
            return;
        }
        if (handshake_.state() != ExitHandshake::State::reading || !hear()) {
            return;
        }
    }
}

// False if no more data is there for now.
bool ExitStream::hear() {
    const StreamItem* const item = stream().front();
    if (item == nullptr) {
        return !stream().try_park_receive();
    }
    if (item->kind != StreamItem::Kind::data) {
        end_by_reset();
        return false;
    }
    const std::size_t taken = handshake_.receive(item->slice.bytes());
    stream().count_delivered(taken);
    if (taken != 0) {
        stream().consume(static_cast<std::uint32_t>(taken));
    }
    if (handshake_.state() == ExitHandshake::State::refused) {
        tell_refused(handshake_.reason());
        if (handshake_.is_wrong_login()) {
            timer_->set(worker().now() + limits::exit_login_wait);
            return false;
        }
        say();
        end_gracefully();
        return false;
    }
    say();
    if (handshake_.state() == ExitHandshake::State::requested) {
        place_.reset();
        look_up();
    }
    return !is_over() && handshake_.state() == ExitHandshake::State::reading;
}

void ExitStream::look_up() {
    const net::HostPort& target = handshake_.target();
    if (const auto address = SocketAddress::from_ip(target)) {
        if (!exit().destinations().allow(runtime::visitor_address(*address), target.port)) {
            refuse(Refusal::not_allowed, "the destination is not allowed");
            return;
        }
        if (const Obstacle obstacle = obstacle_to(*address); obstacle != Obstacle::none) {
            refuse(obstacle);
            return;
        }
        connect({*address});
        return;
    }
    if (!exit().destinations().may_allow(target.host, target.port)) {
        refuse(Refusal::not_allowed, "the destination is not allowed");
        return;
    }
    timer_->set(worker().now() + limits::backend_connect_deadline);
    resolver_.emplace(worker(), target, [this](std::error_code error, std::vector<SocketAddress> found) {
        guarded([&] { on_resolved(error, std::move(found)); });
    });
}

ExitStream::Obstacle ExitStream::obstacle_to(const SocketAddress& to) const {
    const net::Address address = runtime::visitor_address(to);
    if (exit().destinations().name(address, handshake_.target().port)) {
        return Obstacle::none;
    }
    try {
        if (runtime::own_networks(worker().now()).contains(address)) {
            return Obstacle::kept;
        }
    } catch (const std::exception&) {  // the kernel could not be queried
        return Obstacle::unclear;
    }
    switch (runtime::reach_of(address, worker().now())) {
        case runtime::Reach::this_machine:
        case runtime::Reach::on_link:
            return Obstacle::kept;
        case runtime::Reach::failed:
            return Obstacle::unclear;
        case runtime::Reach::unknown:
        case runtime::Reach::routed:
            break;
    }
    return Obstacle::none;
}

void ExitStream::on_resolved(std::error_code error, std::vector<SocketAddress> found) {
    if (error || found.empty()) {
        refuse(Refusal::no_such_name, "the destination's name cannot be resolved");
        return;
    }
    const net::HostPort& wanted = handshake_.target();
    std::erase_if(found, [&](const SocketAddress& one) {
        return !exit().destinations().allow(wanted.host, runtime::visitor_address(one), wanted.port);
    });
    if (found.empty()) {
        refuse(Refusal::not_allowed, "the destination's name resolves to addresses that are not allowed");
        return;
    }
    Obstacle obstacle = Obstacle::none;
    std::erase_if(found, [&](const SocketAddress& one) {
        const Obstacle to_one = obstacle_to(one);
        obstacle = std::max(obstacle, to_one);
        return to_one != Obstacle::none;
    });
    if (found.empty()) {
        refuse(obstacle);
        return;
    }
    connect(std::move(found));
}

void ExitStream::connect(std::vector<SocketAddress> to) {
    timer_->cancel();
    Connector::Options options;
    options.deadline = limits::backend_connect_deadline;
    connector_.emplace(
        worker(), handshake_.target().host, std::move(to),
        [this](std::error_code error, runtime::Fd socket) { guarded([&] { on_connected(error, std::move(socket)); }); },
        options);
    if (runtime::Fd socket = connector_->take_connected()) {
        on_connected({}, std::move(socket));
    }
}

void ExitStream::on_connected(std::error_code error, runtime::Fd socket) {
    if (error) {
        refuse(refusal_of(error), error.message());
        return;
    }
    const std::string preamble = handshake_.take_preamble();
    if (runtime::write_some(socket.get(), as_bytes(std::string_view(preamble))).bytes != preamble.size()) {
        refuse(Refusal::unreachable, "it does not read the request");
        return;
    }
    handshake_.grant();
    say();
    pass_on(std::move(socket));
}

void ExitStream::pass_on(runtime::Fd socket) {
    // A connection that may lead to a public port of this client is watched for as long as the pump counts.
    std::unique_ptr<SelfLoopDetector::Watch> watch;
    if (shared_.self_loop_detector->may_loop(handshake_.target().port)) {
        watch = shared_.self_loop_detector->watch(runtime::visitor_address(runtime::local_address(socket.get())),
                                                  runtime::visitor_address(runtime::peer_address(socket.get())));
    }
    trunk::set_pumped_socket_options(socket.get(), runtime::peer_address(socket.get()).is_loopback());
    auto pump = make_intrusive<trunk::SocketPump>(worker(), trunk::counted_with(shared_.traffic, std::move(watch)));
    IntrusivePtr<mux::Stream> passed = release_stream();
    passed->attach(pump, false);  // the session is on this worker: this one is not woken any more
    pump->set_stream(std::move(passed));
    pump->set_socket(std::move(socket));
    end();
}

void ExitStream::refuse(Obstacle obstacle) {
    const bool is_kept = obstacle == Obstacle::kept;
    refuse(is_kept ? Refusal::not_allowed : Refusal::busy, is_kept ? kept_text : unclear_text);
}

void ExitStream::refuse(Refusal why, const std::string& told) {
    tell_refused(told);
    handshake_.refuse(why);
    say();
    end_gracefully();
}

void ExitStream::tell_refused(std::string_view why) const {
    if (!shared_.log.may_write(LogLevel::info, refused_lines, worker().now())) {
        return;
    }
    const net::HostPort& to = handshake_.target();
    shared_.log.info("an exit refused a visitor", {{"service", service_->name},
                                                   {"visitor", net::ip_text(visitor_)},
                                                   {"destination", to.port != 0 ? net::to_text(to) : "none"},
                                                   {"why", why}});
}

void ExitStream::say() {
    const std::string output = handshake_.take_output();
    if (output.empty()) {
        return;
    }
    buffer::SlabPtr slab = buffer::make_slab(static_cast<std::uint32_t>(limits::frame_header_bytes + output.size()));
    std::copy(output.begin(), output.end(), slab->data() + limits::frame_header_bytes);
    stream().send({slab, limits::frame_header_bytes, static_cast<std::uint32_t>(output.size())}, true);
    stream().flush();
}

// Other owners may hold this for longer, but these must not outlive the worker.
void ExitStream::on_over() noexcept {
    timer_.reset();
    resolver_.reset();
    connector_.reset();
    place_.reset();
}

}  // namespace

void serve_exit(runtime::Worker& worker, std::shared_ptr<const ClientService> service, IntrusivePtr<mux::Stream> stream,
                const net::Address& visitor, DialShared shared) {
    check_here(worker);
    make_intrusive<ExitStream>(worker, std::move(service), std::move(stream), visitor, std::move(shared))->serve();
}

}  // namespace ferrotunnel::backend
