// The parts of a client without the client: services begin and end, the link's notices, requests of the server.
#include <algorithm>
#include <asio/system_executor.hpp>
#include <atomic>
#include <catch2/catch.hpp>

#include "api/client_notices.hpp"
#include "api/managed_requests.hpp"
#include "runtime/system_random.hpp"
#include "support/eventually.hpp"
#include "unit/runtime/loop.hpp"

namespace ferrotunnel {

namespace {

using namespace std::chrono_literals;
using ferrotunnel::test::eventually;
using session::LinkNotice;

/// A link that is never started, and what stands between it and the application.
struct ClientParts {
    ClientParts() {
        shared->servers = {{"127.0.0.1", 1}};
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        link.make([this] {
            return std::make_unique<session::ClientLink>(worker, shared, session::ClientLink::Settings(),
                                                         [](const LinkNotice&) {});
        });
        worker.start();
    }
    ~ClientParts() {
        worker.stop();
        worker.join();
        link.reset();
        events.wait_until_delivered();
    }
    void notice(const LinkNotice& notice) {
        runtime::test::on(worker, [&] { notices.receive(notice); });
    }
    std::size_t told(Event::Kind kind) {
        events.wait_until_delivered();
        const MutexLock lock(mutex);
        return static_cast<std::size_t>(std::ranges::count(kinds, kind));
    }

    runtime::Worker worker;
    const std::shared_ptr<session::ClientShared> shared = std::make_shared<session::ClientShared>();
    const IntrusivePtr<detail::OwnerLife> life = make_intrusive<detail::OwnerLife>();
    const std::string server = "127.0.0.1:1";
    Mutex mutex;
    std::vector<Event::Kind> kinds GUARDED_BY(mutex);
    int stopped = 0;
    detail::LinkHost link{worker};
    detail::ClientState state{{[this](const std::string& name, std::uint32_t id) { return offers.new_state(name, id); },
                               [this](const std::string& name, wire::ServiceKind) {
                                   return shared->services->row({name, {}, "tcp"});
                               }},
                              false,
                              false};
    admin::EventRing ring;
    detail::EventDelivery events{detail::CalledBy::own_thread,
                                 [this](const Event& event) {
                                     const MutexLock lock(mutex);
                                     kinds.push_back(event.kind);
                                 },
                                 null_logger(), ring};
    detail::ClientOffers offers{{state, link, events, null_logger(), shared, life, server}};
    detail::ClientNotices notices{{state, offers, events, null_logger(), life, server, [this] { ++stopped; }}};
};

}  // namespace

TEST_CASE("client parts: a service follows the link's notices, and its handle closes it") {
    ClientParts parts;
    Service service = parts.offers.add(Tcp(0, "22", "web"));
    CHECK(service.state() == Service::State::pending);
    parts.notice({.kind = LinkNotice::Kind::registered, .service = 1, .endpoint = "127.0.0.1:4711", .port = 4711});
    CHECK(service.state() == Service::State::registered);
    CHECK(service.endpoint() == "127.0.0.1:4711");
    parts.notice({.kind = LinkNotice::Kind::unreachable, .service = 1});
    CHECK(service.state() == Service::State::pending);
    parts.notice({.kind = LinkNotice::Kind::refused, .service = 1, .code = wire::Code::refused, .text = "taken"});
    CHECK(service.state() == Service::State::refused);
    service.close();
    CHECK(eventually([&] { return parts.told(Event::Kind::unregistered) == 1; }));
    parts.notice({.kind = LinkNotice::Kind::registered, .service = 1, .endpoint = "127.0.0.1:4711"});
    CHECK(parts.told(Event::Kind::registered) == 1);
}

TEST_CASE("client parts: health is reported when it changes, and not while it has been good all along") {
    ClientParts parts;
    (void)parts.offers.add(Tcp(0, "22", "web"));
    parts.notice({.kind = LinkNotice::Kind::healthy, .service = 1});
    CHECK(parts.told(Event::Kind::healthy) == 0);
    parts.notice({.kind = LinkNotice::Kind::unhealthy, .service = 1, .text = "no answer"});
    parts.notice({.kind = LinkNotice::Kind::unhealthy, .service = 1, .text = "no answer"});
    parts.notice({.kind = LinkNotice::Kind::healthy, .service = 1});
    CHECK(parts.told(Event::Kind::unhealthy) == 1);
    CHECK(parts.told(Event::Kind::healthy) == 1);
}

TEST_CASE("client parts: when the link has ended, services close and no more are added") {
    ClientParts parts;
    Service service = parts.offers.add(Tcp(0, "22", "web"));
    Listener listener = parts.offers.listen(Tcp(0, "", "own"), asio::system_executor());
    parts.notice({.kind = LinkNotice::Kind::stopped, .code = wire::Code::superseded});
    CHECK(parts.stopped == 1);
    CHECK(service.state() == Service::State::closed);
    CHECK_FALSE(listener.is_open());
    CHECK_THROWS_AS(parts.offers.add(Tcp(0, "22", "late")), std::system_error);
    const MutexLock lock(parts.state.mutex);
    CHECK(parts.state.status.is_stopped());
    CHECK(parts.state.services.all().empty());
}

TEST_CASE("client parts: handles that outlive the client close nothing") {
    ClientParts parts;
    Service service = parts.offers.add(Tcp(0, "22", "web"));
    parts.offers.detach();
    service.close();
    const MutexLock lock(parts.state.mutex);
    CHECK(parts.state.services.all().size() == 1);
}

TEST_CASE("client parts: requests of the server reach the services only where there are targets") {
    ClientParts parts;
    std::atomic<int> answered{0};
    detail::ManagedRequests requests(
        {parts.link, null_logger(), [&](const wire::Manage& request, const exits::Destinations&) {
             ++answered;
             return wire::Managed{request.request, 200, "{}"};
         }});
    wire::Manage request;
    runtime::test::on(parts.worker, [&] { requests.receive(1, request); });
    requests.set_targets({"127.0.0.1:22"});
    runtime::test::on(parts.worker, [&] { requests.receive(1, request); });
    CHECK(eventually([&] { return answered == 1; }));
}

}  // namespace ferrotunnel
