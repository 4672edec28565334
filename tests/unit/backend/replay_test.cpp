// A recorded request goes to its backend again, whatever kind of backend that is.
#include "backend/replay.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <thread>

#include "backend/folder.hpp"
#include "backend/originals_expiry.hpp"
#include "base/permits.hpp"
#include "inspect/reading.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "support/temporary_folder.hpp"
#include "unit/trunk/pumped_visitor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace ferrotunnel::trunk::test;
using ferrotunnel::test::eventually;
using ferrotunnel::test::RecordingLogger;
using inspect::Exchange;
using transport::test::wait_for;

namespace {

struct ReplayFixture {
    ReplayFixture() {
        service->name = "web";
        service->kind = wire::ServiceKind::http;
    }
    void to(const std::string& place) {
        service->backend.text = place;
        service->backend.place = *parse_backend_address(place, wire::ServiceKind::http);
    }
    void send(std::string request) {
        id = inspector->records().next_id();
        const DialShared shared{
            make_intrusive<trunk::Traffic>(), std::make_shared<SelfLoopDetector>(), log, inspector, id, 7};
        on(worker, [&] { replay(worker, service, std::move(request), shared, ticket); });
    }
    std::optional<Exchange> over() const {
        const auto record = inspector->records().find(id);
        if (!record || record->copy().state == Exchange::State::under_way) {
            return std::nullopt;
        }
        return record->copy();
    }
    Exchange result() const {
        REQUIRE(eventually([&] { return over().has_value(); }));
        CHECK(eventually([&] { return ticket.use_count() == 1; }));  // nothing of it is left
        return *over();
    }

    RecordingLogger log;
    RunningWorker running;
    runtime::Worker& worker = running.worker;
    std::shared_ptr<ClientService> service = std::make_shared<ClientService>();
    std::shared_ptr<inspect::Inspector> inspector =
        std::make_shared<inspect::Inspector>(inspect::Inspector::Settings{});
    PermitPtr ticket = Permits(1).acquire();
    std::uint64_t id = 0;
};

}  // namespace

TEST_CASE("a request is answered by a folder again", "[replay]") {
    const ferrotunnel::test::TemporaryFolder site;
    std::ofstream(site / "a", std::ios::binary) << std::string(300'000, 'a');
    ReplayFixture rig;
    rig.service->backend.text = "files:" + site.path();
    rig.service->backend.folder = std::make_shared<Folder>(site.path(), false);
    rig.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    const Exchange exchange = rig.result();
    CHECK(exchange.state == Exchange::State::complete);
    CHECK(exchange.replay_of == 7);
    CHECK(inspect::status_of(exchange) == 200);
    CHECK(exchange.answer.body_bytes == 300'000);
    CHECK(exchange.answer.cut);
}

TEST_CASE("a long request is sent as the backend takes it, and the connection does not stay", "[replay]") {
    const runtime::Fd listener = transport::test::listen_on_loopback();
    const std::string body(3'000'000, 'b');
    ReplayFixture rig;
    rig.to("127.0.0.1:" + std::to_string(runtime::local_address(listener.get()).port()));
    std::size_t taken = 0;
    bool has_end = false;
    std::thread backend([&] {
        wait_for(listener.get(), POLLIN);
        const runtime::Fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        std::string buffer(100'000, '\0');
        std::string head;
        while (taken < body.size()) {
            const ssize_t n = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
            if (n <= 0) {
                return;
            }
            head.append(buffer, 0, static_cast<std::size_t>(n));
            const std::size_t end = head.find("\r\n\r\n");
            taken = end == std::string::npos ? 0 : head.size() - end - 4;
        }
        constexpr std::string_view answer = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok";
        (void)::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        has_end = ::recv(socket.get(), buffer.data(), buffer.size(), 0) <= 0;
    });
    rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const Exchange exchange = rig.result();
    backend.join();
    CHECK(taken == body.size());
    CHECK(has_end);
    CHECK(exchange.state == Exchange::State::complete);
    CHECK(inspect::status_of(exchange) == 201);
}

TEST_CASE("a backend that is not there is told of", "[replay]") {
    ReplayFixture rig;
    {
        const runtime::Fd listener = transport::test::listen_on_loopback();
        rig.to("127.0.0.1:" + std::to_string(runtime::local_address(listener.get()).port()));
    }
    rig.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(rig.result().state == Exchange::State::lost);
}

TEST_CASE("a client that ends takes a request that is sent again with it", "[replay]") {
    const runtime::Fd listener = transport::test::listen_on_loopback();
    PermitPtr ticket;
    {
        ReplayFixture rig;
        ticket = rig.ticket;
        rig.to("127.0.0.1:" + std::to_string(runtime::local_address(listener.get()).port()));
        rig.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        wait_for(listener.get(), POLLIN);
    }
    CHECK(ticket.use_count() == 1);
}

TEST_CASE("originals are forgotten when their time is over, and all of them with the watch", "[replay]") {
    ReplayFixture rig;
    const auto record = [&](Duration ago) {
        Exchange exchange;
        exchange.began = Clock::now() - ago;
        const auto one = rig.inspector->records().begin(std::move(exchange));
        rig.inspector->records().keep_original_head(*one, std::string(1'000, 'h'));
        rig.inspector->records().keep_original_body(*one, std::string(1'000, 'b'));
        return one;
    };
    const Duration too_long = limits::inspect_original_time + std::chrono::seconds(1);
    const auto is_forgotten = [&](std::uint64_t records) {
        return eventually([&] { return rig.inspector->records().bytes() == records * limits::inspect_entry_cost; });
    };
    record(too_long);
    std::unique_ptr<OriginalsExpiry> watch;
    on(rig.worker,
       [&] { watch = std::make_unique<OriginalsExpiry>(rig.worker, rig.inspector, std::chrono::milliseconds(1)); });
    CHECK(is_forgotten(1));
    record(too_long);
    CHECK(is_forgotten(2));  // it looks again
    const auto young = record({});
    on(rig.worker, [] {});
    CHECK(young->original(Clock::now()).bytes() == 2'000);
    on(rig.worker, [&] { watch.reset(); });
    CHECK(is_forgotten(3));
    CHECK(young->original(Clock::now()).bytes() == 0);
}
