// What a client does not ask a server for that is older than itself.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "login/handshake_server.hpp"
#include "session/client_link.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/session/wire_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using runtime::test::on;
using runtime::test::Signal;

namespace {

/// A server on the test's own thread that has these features alone, and one client.
class OlderServer {
public:
    explicit OlderServer(std::uint64_t features, bool replaces = false, std::size_t trunks = 1) {
        shared_->servers = {{"127.0.0.1", runtime::local_address(listener_.get()).port()}};
        shared_->token = new_token();
        shared_->handshake_deadline = std::chrono::hours(1);
        shared_->log = &null_logger();
        shared_->random = &runtime::system_random();
        login::ServerHandshake::Settings& settings = handshake_settings_;
        settings.tokens = std::make_shared<std::vector<login::AcceptedToken>>(
            1, login::AcceptedToken{"one", *shared_->token.get(), {}});
        settings.features = features;
        ClientLink::Settings link;
        link.trunk_workers.assign(trunks, &worker_);
        link.replaces = replaces;
        shared_->identity = "nas";
        worker_.start();
        on(worker_, [&] {
            link_ = std::make_unique<ClientLink>(worker_, shared_, link, [this](const LinkNotice& notice) {
                if (notice.kind == LinkNotice::Kind::refused) {
                    refused_.push_back({notice.service, notice.text});
                    refused.tell();
                } else if (notice.kind == LinkNotice::Kind::registered) {
                    endpoints_.push_back(notice.endpoint);
                    reported.tell();
                } else if (notice.kind == LinkNotice::Kind::took_over || notice.kind == LinkNotice::Kind::replaced ||
                           notice.kind == LinkNotice::Kind::stopped) {
                    place_.push_back({notice.kind, notice.code});
                    place_told.tell();
                }
            });
        });
    }
    ~OlderServer() {
        worker_.stop();
        worker_.join();
        link_.reset();
    }

    void offer_http(std::uint32_t id) {
        on(worker_, [&] {
            backend::ClientService service;
            service.id = id;
            service.kind = wire::ServiceKind::http;
            service.name = "web";
            link_->add(std::move(service));
        });
    }
    void offer(std::uint32_t id, wire::PluginsPart plugins, bool has_token = false) {
        on(worker_, [&] {
            backend::ClientService service;
            service.id = id;
            service.name = "service-" + std::to_string(id);
            service.plugins = std::move(plugins);
            if (has_token) {
                service.token.emplace().fill(7);
            }
            link_->add(std::move(service));
        });
    }
    /// Lets the client in.
    void welcome() {
        on(worker_, [&] { link_->start(); });
        welcome_trunk();
    }
    /// Lets one more of its connections in. What is read and written is that one's from now on.
    void welcome_trunk() {
        earlier_ = std::move(socket_);
        transport::test::wait_for(listener_.get(), POLLIN);
        socket_ = runtime::Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        REQUIRE(socket_);
        login::ServerHandshake handshake(handshake_settings_, runtime::system_random());
        while (true) {
            const std::vector<std::uint8_t> payload = next_control();
            login::Step step = handshake.receive(payload);
            if (step.want == login::Want::decision) {
                step = handshake.welcome("s1");
            }
            REQUIRE(step.send);
            write(WireClient::frame_of(*step.send));
            if (step.want == login::Want::nothing) {
                return;
            }
        }
    }
    void close_earlier() { earlier_ = {}; }
    /// The services of the next registration.
    std::vector<wire::Service> asked_for() {
        const std::vector<std::uint8_t> payload = next_control();
        const auto message = wire::decode_control(payload);
        REQUIRE(message);
        REQUIRE(std::holds_alternative<wire::Register>(*message));
        return std::get<wire::Register>(*message).services;
    }
    wire::ControlMessage next() {
        auto message = wire::decode_control(next_control());
        REQUIRE(message);
        return std::move(*message);
    }
    void answer(const wire::ControlPayload& payload) { write(WireClient::frame_of(payload)); }
    void report_url(std::uint32_t request, std::uint32_t id, std::string url) {
        const wire::RegisteredService registered{id, 443, std::move(url)};
        answer(wire::encode_registered(request, {&registered, 1}).front());
    }
    /// The public addresses that were reported.
    std::vector<std::string> endpoints() {
        return on(worker_, [&] { return endpoints_; });
    }
    void confirm(std::uint32_t id) {
        const wire::RegisteredService registered{id, 80, "host:80"};
        answer(wire::encode_registered(1, {&registered, 1}).front());
    }
    using Told = std::vector<std::pair<LinkNotice::Kind, wire::Code>>;
    /// What was told of the place that it takes or loses.
    Told place() {
        return on(worker_, [&] { return place_; });
    }
    std::vector<std::pair<std::uint32_t, std::string>> refusals() {
        return on(worker_, [&] { return refused_; });
    }

    Signal reported;
    Signal refused;
    Signal place_told;

private:
    void write(Bytes bytes) {
        while (!bytes.empty()) {
            transport::test::wait_for(socket_.get(), POLLOUT);
            const runtime::IoResult result = runtime::write_some(socket_.get(), bytes);
            REQUIRE(result.status != runtime::IoStatus::error);
            bytes = bytes.subspan(result.bytes);
        }
    }
    void read(MutableBytes into) {
        while (!into.empty()) {
            transport::test::wait_for(socket_.get(), POLLIN);
            const runtime::IoResult result = runtime::read_some(socket_.get(), into);
            REQUIRE(result.status != runtime::IoStatus::error);
            REQUIRE(result.status != runtime::IoStatus::eof);
            into = into.subspan(result.bytes);
        }
    }
    std::vector<std::uint8_t> next_control() {
        while (true) {
            std::uint8_t bytes[limits::frame_header_bytes];
            read(bytes);
            const wire::FrameHeader header = wire::decode_header(bytes);
            std::vector<std::uint8_t> payload(header.length);
            read(payload);
            if (header.type == wire::FrameType::control) {
                return payload;
            }
        }
    }

    const runtime::Fd listener_ = transport::test::listen_on_loopback();
    runtime::Fd socket_;
    runtime::Fd earlier_;  // the connection before that
    login::ServerHandshake::Settings handshake_settings_;
    runtime::Worker worker_;
    std::shared_ptr<ClientShared> shared_ = std::make_shared<ClientShared>();
    std::unique_ptr<ClientLink> link_;
    std::vector<std::pair<std::uint32_t, std::string>> refused_;  // used on the worker alone
    Told place_;                                                  // likewise
    std::vector<std::string> endpoints_;                          // likewise
};

}  // namespace

TEST_CASE("a service that asks for plugins is not offered to a server that would leave them out") {
    OlderServer server(wire::feature::udp);
    server.offer(1, {{"auth", "{}"}});
    server.offer(2, {});
    server.welcome();
    const std::vector<wire::Service> services = server.asked_for();
    REQUIRE(services.size() == 1);
    CHECK(services[0].id == 2);
    REQUIRE(server.refused.wait());
    REQUIRE(server.refusals().size() == 1);
    CHECK(server.refusals()[0].first == 1);
    CHECK(server.refusals()[0].second.find("its version is older") != std::string::npos);
}

TEST_CASE("a server that knows plugins is asked for them as they are") {
    OlderServer server(wire::feature::announced);
    server.offer(1, {{"auth", R"({"a":"b"})"}, {"geo", ""}});
    server.welcome();
    const std::vector<wire::Service> services = server.asked_for();
    REQUIRE(services.size() == 1);
    CHECK(services[0].plugins == wire::PluginsPart{{"auth", R"({"a":"b"})"}, {"geo", ""}});
}

TEST_CASE("a service with a token of its own is not offered to a server that knows none") {
    OlderServer server(wire::feature::udp | wire::feature::plugins);
    server.offer(1, {}, true);
    server.offer(2, {});
    server.welcome();
    const std::vector<wire::Service> services = server.asked_for();
    REQUIRE(services.size() == 1);
    CHECK(services[0].id == 2);
    REQUIRE(server.refused.wait());
    REQUIRE(server.refusals().size() == 1);
    CHECK(
        server.refusals()[0] ==
        std::pair(std::uint32_t{1}, std::string("The server does not support service tokens: its version is older than "
                                                "this client's. Update the server.")));
}

TEST_CASE("a server that knows tokens of services is given the proof, and no token") {
    OlderServer server(wire::feature::announced);
    server.offer(1, {}, true);
    server.offer(2, {});
    server.welcome();
    const std::vector<wire::Service> services = server.asked_for();
    REQUIRE(services.size() == 2);
    CHECK(services[0].proof.has_value());
    CHECK(services[0].proof != wire::Proof{7});
    CHECK_FALSE(services[1].proof.has_value());
}

TEST_CASE("a client that wants another one's place says so where the server is too old for that", "[handover]") {
    OlderServer server(wire::feature::udp, true);
    server.offer(1, {});
    server.welcome();
    CHECK(server.asked_for().size() == 1);
    REQUIRE(server.place_told.wait());
    CHECK(server.place() == OlderServer::Told{{LinkNotice::Kind::took_over, wire::Code::unsupported}});
}

TEST_CASE("a client takes another one's place once all of its services are there", "[handover]") {
    OlderServer server(wire::feature::announced, true);
    server.offer(1, {});
    server.offer(2, {});
    server.offer(3, {});
    server.welcome();
    CHECK(server.asked_for().size() == 3);
    server.confirm(1);
    server.answer(wire::encode_control(wire::Refused{2, wire::Code::port_taken, "taken"}));
    server.confirm(3);
    REQUIRE(server.refused.wait());
    CHECK(server.asked_for().size() == 1);  // asks again, and has not said that it takes the place
    CHECK(server.place().empty());
    server.confirm(2);
    CHECK(std::holds_alternative<wire::TakeOver>(server.next()));
    server.answer(wire::encode_control(wire::TakenOver{1}));
    REQUIRE(server.place_told.wait());
    CHECK(server.place() == OlderServer::Told{{LinkNotice::Kind::took_over, wire::Code::none}});

    server.answer(wire::encode_control(wire::Replaced{"Another one."}));
    REQUIRE(server.place_told.wait(2));
    CHECK(server.place().at(1) == std::pair(LinkNotice::Kind::replaced, wire::Code::none));
}

TEST_CASE("a client that loses the connection on which it has asked for a place asks on another one", "[handover]") {
    OlderServer server(wire::feature::announced & ~wire::feature::resume, true, 2);
    server.offer(1, {});
    server.welcome();
    CHECK(server.asked_for().size() == 1);
    server.confirm(1);
    CHECK(std::holds_alternative<wire::TakeOver>(server.next()));
    server.welcome_trunk();
    CHECK(server.asked_for().size() == 1);
    server.confirm(1);
    server.close_earlier();
    CHECK(std::holds_alternative<wire::TakeOver>(server.next()));
}

TEST_CASE("a client that wants nobody's place takes none", "[handover]") {
    OlderServer server(wire::feature::announced);
    server.offer(1, {});
    server.welcome();
    CHECK(server.asked_for().size() == 1);
    server.confirm(1);
    server.answer(wire::encode_control(wire::Refused{1, wire::Code::busy, "later"}));  // and it asks again
    CHECK(server.asked_for().size() == 1);
    CHECK(server.place().empty());
}

TEST_CASE("a client reports the https URL after the http one, and requests nothing again") {
    OlderServer server(wire::feature::announced);
    server.offer_http(1);
    server.welcome();
    CHECK(server.asked_for().size() == 1);
    server.report_url(wire::no_request, 1, "https://early.example");  // crossed the request
    server.report_url(1, 1, "http://a.example");
    server.report_url(wire::no_request, 1, "https://a.example");
    server.report_url(wire::no_request, 1, "https://a.example");
    server.report_url(wire::no_request, 1, "https://a.example/2");
    REQUIRE(server.reported.wait(3));
    CHECK(server.endpoints() ==
          std::vector<std::string>{"http://a.example", "https://a.example", "https://a.example/2"});
}
