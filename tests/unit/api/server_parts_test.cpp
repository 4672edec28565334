// The parts of a Server, each by itself.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "api/limits.hpp"
#include "api/server_route.hpp"
#include "api/token_report.hpp"
#include "support/temporary_folder.hpp"
#include "unit/api/server_parts.hpp"

namespace ferrotunnel::detail {

using ferrotunnel::test::eventually;
using ferrotunnel::test::TemporaryFolder;

namespace {

/// Remembers how it was completed.
struct OpenOutcome final : OpenOperation {
    void complete(std::error_code error, Stream) noexcept override { outcome = error; }
    std::optional<std::error_code> outcome;
};

std::optional<std::error_code> outcome_of(ServerParts& parts, const OpenTarget& target) {
    OpenOutcome operation;
    {
        const std::shared_ptr<OpenAttempt> attempt = make_attempt(&operation);
        parts.dial.start(target, attempt);
    }
    return operation.outcome;
}

ingress::AcceptedVisitor visitor_with(ingress::FirstProtocol opening, runtime::Fd socket) {
    ingress::AcceptedVisitor visitor;
    visitor.socket = std::move(socket);
    visitor.from = runtime::visitor_address(runtime::test::loopback(4711));
    visitor.opening = opening;
    return visitor;
}

std::uint16_t port_in(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

}  // namespace

TEST_CASE("endpoints: one socket may be several, each with a copy until they are dropped", "[server]") {
    ServerEndpoints endpoints;
    CHECK(endpoints.address(Endpoint::https).empty());
    const runtime::Fd listener = runtime::test::listen_on_loopback();
    endpoints.add(Endpoint::clients, listener);
    endpoints.add(Endpoint::https, listener);
    CHECK(endpoints.address(Endpoint::clients) == runtime::local_address(listener.get()).text());
    CHECK(endpoints.address(Endpoint::https) == endpoints.address(Endpoint::clients));
    const auto copies = endpoints.sockets();
    REQUIRE(copies.size() == 2);
    CHECK(copies[0].name == "clients");
    CHECK(copies[1].name == "https");
    CHECK(runtime::local_address(copies[1].socket.get()).text() == endpoints.address(Endpoint::https));
    endpoints.drop_sockets();
    CHECK(endpoints.sockets().empty());
    CHECK_FALSE(endpoints.address(Endpoint::clients).empty());
}

TEST_CASE("sessions: admitted, found by name and number, ended, and none once closed", "[server]") {
    ServerParts parts;
    session::test::WireClient client = parts.connect();
    CHECK(parts.sessions.all().size() == 1);
    CHECK(parts.sessions.called({"1"}).empty());  // it has not logged in
    REQUIRE(client.log_in());
    REQUIRE(eventually([&] { return parts.notices.logins() == 1; }));
    const auto found = parts.sessions.called({"1"});
    REQUIRE(found.size() == 1);
    CHECK(parts.sessions.number_of(found.begin()->first) == 1);
    CHECK(parts.statistics.tunnels().size() == 1);
    CHECK(parts.statistics.stats().clients == 1);
    parts.sessions.for_each(
        [](session::ServerSession& session) { session.end(wire::Code::going_away, "That was all."); });
    REQUIRE(eventually([&] { return parts.sessions.empty() && parts.sessions_ended() == 1; }));
    parts.sessions.close();
    (void)parts.connect();
    CHECK(parts.sessions.empty());
}

TEST_CASE("clients: kicked, kept out, and asked", "[server]") {
    ServerParts parts;
    CHECK(parts.clients.kick({"nobody"})->ended == 0);
    CHECK(parts.clients.forward_request("nobody", admin::Json::object()).status == 404);
    CHECK(parts.told().empty());
    session::test::WireClient client = parts.connect();
    REQUIRE(client.log_in());
    REQUIRE(eventually([&] { return parts.notices.logins() == 1; }));
    const auto kicked = parts.clients.kick({"1"}, std::chrono::minutes(1));
    REQUIRE(kicked);
    CHECK(kicked->ended == 1);
    CHECK(kicked->kept_out == 1);
    CHECK(parts.told().back().kind == Event::Kind::kicked);
    REQUIRE(eventually([&] { return parts.sessions.empty(); }));
    CHECK(parts.clients.kick({"1"}, std::chrono::minutes(2))->kept_out == 1);  // it is known, though it is not here
}

TEST_CASE("dial: what names no service, and what has no time left, fails at once", "[server]") {
    ServerParts parts;
    OpenTarget target("web");
    CHECK(outcome_of(parts, target) == make_error_code(errc::unknown_service));
    target.timeout = std::chrono::milliseconds(-1);
    CHECK(outcome_of(parts, target) == make_error_code(errc::timed_out));
}

TEST_CASE("named carriers: found by name, by client, and by token", "[server]") {
    ServerParts parts;
    session::test::WireClient client = parts.connect();
    REQUIRE(client.log_in());
    wire::Service service;
    service.id = 7;
    service.kind = wire::ServiceKind::private_tcp;
    service.name = "db";
    client.register_services({&service, 1});
    (void)client.registered();
    const login::TokenId token = parts.shared->tokens.get()->front().id();
    REQUIRE(parts.carriers.called("DB", token));
    CHECK(parts.carriers.called("DB", token)->second == 7);
    CHECK(parts.carriers.visited(token, "db", {}));
    CHECK(parts.carriers.visited(token, "db", "one"));
    CHECK_FALSE(parts.carriers.visited(token, "DB", {}));  // by its exact name
    CHECK_FALSE(parts.carriers.visited(token, "db", "two"));
    CHECK(parts.carriers.at("db"));  // of the only token
    CHECK(parts.carriers.at("db@one"));
    CHECK_FALSE(parts.carriers.at("db@two"));
    const auto decided =
        parts.connect_access.decide({"db", std::string(plain_server_settings().tokens.front().secret.reveal())},
                                    runtime::test::loopback(), Clock::now());
    CHECK(decided.status == 407);  // that is not a token of this server
    const auto right = parts.connect_access.decide({"db", std::string(parts.given.tokens.front().secret.reveal())},
                                                   runtime::test::loopback(), Clock::now());
    CHECK(right.status == 200);
    CHECK(right.take);
}

TEST_CASE("named carriers: what no own client has is found at another member, by its name or in lower case",
          "[server]") {
    ServerParts parts;
    const login::TokenId token = parts.shared->tokens.get()->front().id();
    std::vector<std::string> looked_up;
    parts.shared->find_remote = [&](const session::RemoteService& service) {
        CHECK(service.of_token == token);
        CHECK(service.by_token == token);
        CHECK(service.port == 0);
        looked_up.push_back(service.name);
        session::RemoteOpener open;
        if (service.name == "db" || service.name == "Desk") {
            open = [](const net::Address&, const session::RemoteOpened& opened) {
                opened(wire::Code::unknown_service);
            };
        }
        return open;
    };
    CHECK(parts.carriers.find("DB", token));
    CHECK(looked_up == std::vector<std::string>{"DB", "db"});
    CHECK(parts.carriers.find("Desk", token));
    CHECK_FALSE(parts.carriers.find("desk", token));
    const std::string shown(parts.given.tokens.front().secret.reveal());
    const auto decide = [&](const std::string& name) {
        return parts.connect_access.decide({name, shown}, runtime::test::loopback(), Clock::now());
    };
    const auto decided = decide("db");
    CHECK(decided.status == 200);
    REQUIRE(decided.take);
    // The member has lost it meanwhile: the visitor's connection is reset.
    auto [near, far] = transport::test::tcp_pair();
    decided.take(std::move(near), runtime::test::loopback());
    transport::test::wait_for(far.get(), POLLIN);
    char byte = 0;
    CHECK(::recv(far.get(), &byte, 1, 0) < 0);
    CHECK(decide("web").status == 404);
    CHECK(decide("web").sentence.find("no other member of the cluster has a private service of that name") !=
          std::string::npos);
}

TEST_CASE("async_open: what no own client has is found at another member, by name and token or by port", "[server]") {
    ServerParts parts;
    const login::TokenId token = parts.shared->tokens.get()->front().id();
    std::vector<session::RemoteService> looked_up;
    parts.shared->find_remote = [&](const session::RemoteService& service) {
        looked_up.push_back(service);
        session::RemoteOpener open;
        if (service.name == "db" || service.port == 2222) {
            open = [](const net::Address&, const session::RemoteOpened& opened) { opened(wire::Code::refused); };
        }
        return open;
    };
    const auto outcome = [&](OpenTarget target) { return outcome_of(parts, target); };
    CHECK(outcome({"db"}) == make_error_code(errc::refused));
    CHECK(looked_up.back().of_token == token);
    CHECK(outcome({":2222"}) == make_error_code(errc::refused));
    CHECK_FALSE(looked_up.back().of_token);  // of any token
    CHECK(looked_up.back().name.empty());
    OpenTarget target(":2222");
    target.token = "one";
    CHECK(outcome(target) == make_error_code(errc::refused));
    CHECK(looked_up.back().of_token == token);
    looked_up.clear();
    target.token = "two";  // there is no such token
    CHECK(outcome(target) == make_error_code(errc::unknown_service));
    CHECK(outcome({"db", "alice"}) == make_error_code(errc::unknown_service));  // members do not know clients' names
    CHECK(looked_up.empty());
    CHECK(outcome({"web"}) == make_error_code(errc::unknown_service));
    CHECK(outcome({":x"}) == make_error_code(errc::unknown_service));
    CHECK(outcome({":70000"}) == make_error_code(errc::unknown_service));
    CHECK(looked_up.size() == 3);
    CHECK(looked_up.back().name == ":70000");  // a name like any other
}

TEST_CASE("connect access: no token, no service, a token that has expired or is used from elsewhere", "[server]") {
    ServerSettings settings = plain_server_settings();
    const std::string secret(settings.tokens.front().secret.reveal());
    const auto status = [&](const std::string& shown) {
        ServerParts parts(settings);
        return parts.connect_access.decide({"db", shown}, runtime::test::loopback(), Clock::now()).status;
    };
    CHECK(status("") == 407);
    CHECK(status(secret) == 404);
    settings.tokens.front().rights.from = {"10.0.0.0/8"};
    CHECK(status(secret) == 403);
    settings.tokens.front().rights.from.reset();
    settings.tokens.front().rights.expires = std::chrono::system_clock::now() - std::chrono::seconds(1);
    CHECK(status(secret) == 403);
}

TEST_CASE("port sharers: clients by their TLS, SSH to its service, others to the edge", "[server]") {
    ServerParts parts;
    const auto with_clients = parts.sharers.sharing(true);
    const auto without = parts.sharers.sharing(false);
    auto [near, far] = transport::test::tcp_pair();
    ingress::AcceptedVisitor client = visitor_with(ingress::FirstProtocol::unknown, std::move(near));
    client.hello.emplace().protocols = {std::string(transport::tls_alpn)};
    CHECK_FALSE(without->take(client));
    CHECK(with_clients->take(client));
    CHECK(parts.clients_shared.size() == 1);

    auto [visitor_end, server_end] = transport::test::tcp_pair();
    ingress::AcceptedVisitor ssh = visitor_with(ingress::FirstProtocol::ssh, std::move(server_end));
    CHECK_FALSE(with_clients->take(ssh));
    CHECK(ssh.socket);
    CHECK_FALSE(with_clients->silence());
    parts.sharers.set_services("shell", "mail");
    CHECK(with_clients->silence());
    CHECK(with_clients->take(ssh));  // its service is away: it is reset
    CHECK_FALSE(ssh.socket);
}

TEST_CASE("notices: each kind is an event, and logins are counted", "[server]") {
    ServerParts parts;
    for (const auto kind : {session::ServerNotice::Kind::connected, session::ServerNotice::Kind::joined,
                            session::ServerNotice::Kind::registered, session::ServerNotice::Kind::lost}) {
        session::ServerNotice notice;
        notice.kind = kind;
        notice.client = "laptop";
        parts.notices.notify(notice);
    }
    directory::MemberNotice change;
    change.ejected = true;
    change.member = "two";
    parts.notices.notify_member(change);
    const std::vector<Event> told = parts.told();
    REQUIRE(told.size() == 5);
    CHECK(told[0].kind == Event::Kind::connected);
    CHECK(told[1].kind == Event::Kind::joined);
    CHECK(told[2].client == "laptop");
    CHECK(told[3].kind == Event::Kind::lost);
    CHECK(told[4].kind == Event::Kind::unhealthy);
    CHECK(told[4].client == "two");
    CHECK(parts.notices.logins() == 2);
}

TEST_CASE("listeners: opened, announced, closed; what cannot be opened is an error where it is needed", "[server]") {
    ServerParts parts;
    std::error_code error;
    runtime::Fd clients = parts.listeners.open("127.0.0.1:0", Endpoint::clients, error);
    REQUIRE(clients);
    const runtime::SocketAddress at = runtime::local_address(clients.get());
    CHECK_FALSE(parts.listeners.open_optional({"HTTP", ""}, error));
    CHECK_FALSE(error);
    CHECK_FALSE(parts.listeners.open_optional({"HTTP", at.text(), Endpoint::http, false}, error));
    CHECK_FALSE(error);
    CHECK_FALSE(parts.listeners.open_optional({"HTTP", at.text()}, error));
    CHECK(error == std::errc::address_in_use);
    CHECK_FALSE(parts.listeners.open_optional({"HTTP", at.text(), Endpoint::http, true, at.text()}, error));
    CHECK(error == std::errc::address_in_use);
    CHECK(parts.listeners.open_optional({"HTTP", at.text(), Endpoint::http, true, "127.0.0.1:0"}, error));
    CHECK_FALSE(error);
    parts.listeners.announce_clients(clients);
    CHECK(parts.endpoints.address(Endpoint::clients) == at.text());
    parts.listeners.accept_clients(std::move(clients));
    const runtime::Fd caller = runtime::start_connect(at, error);
    REQUIRE(eventually([&] { return parts.sessions.all().size() == 1; }));
    parts.listeners.close();
    parts.endpoints.drop_sockets();
    REQUIRE(eventually([&] { return static_cast<bool>(runtime::listen_on(at, error)); }));
}

TEST_CASE("edge: opened with its rules, and one more listener added and removed", "[server]") {
    ServerSettings settings = plain_server_settings();
    settings.http_bind = "127.0.0.1:0";
    ServerParts parts(settings);
    CHECK_THROWS_WITH(parts.edge.add(Server::Visitors::http, runtime::test::loopback(), "listen"),
                      Catch::Contains("accepts no such visitors"));
    parts.state.open(settings);
    runtime::Fd clients;
    std::string what;
    REQUIRE_FALSE(parts.edge.open(settings, {}, clients, what));
    CHECK(parts.edge.front() != nullptr);
    CHECK(parts.edge.totals());
    CHECK(parts.shared->http_public->port == port_in(parts.endpoints.address(Endpoint::http)));
    CHECK_FALSE(parts.edge.tls().is_open());
    CHECK_THROWS_AS(parts.edge.add(Server::Visitors::https, runtime::test::loopback(), "listen"), std::system_error);
    const std::string added = parts.edge.add(Server::Visitors::http, runtime::test::loopback(), "listen");
    CHECK(parts.edge.remove(added));
    CHECK_FALSE(parts.edge.remove(added));
    parts.edge.set_rules(settings);
    parts.edge.stop();
}

TEST_CASE("edge: what cannot be opened is named, and leaves nothing open", "[server]") {
    const runtime::Fd taken = runtime::test::listen_on_loopback();
    ServerSettings settings = plain_server_settings();
    settings.http_bind = runtime::local_address(taken.get()).text();
    ServerParts parts(settings);
    parts.state.open(settings);
    runtime::Fd clients;
    std::string what;
    CHECK(parts.edge.open(settings, {}, clients, what) == std::errc::address_in_use);
    CHECK(what == "listen for HTTP on " + settings.http_bind);
    CHECK(parts.edge.front() == nullptr);
    CHECK(parts.edge.connections() == 0);
    CHECK_FALSE(parts.edge.totals());
}

TEST_CASE("state directory: the key of sticky cookies is the same after a restart", "[server]") {
    const TemporaryFolder folder;
    ServerSettings settings = plain_server_settings();
    settings.state_dir = folder.path();
    std::string first;
    {
        ServerParts parts(settings);
        parts.state.open(settings);
        first = parts.shared->sticky_key->cookie_prefix();
        parts.state.rename_tokens();
        parts.state.hold_ports(std::chrono::seconds(1));
        parts.state.write_now();
        parts.state.finish();
        parts.state.close();
    }
    ServerParts again(settings);
    again.state.open(settings);
    CHECK(again.shared->sticky_key->cookie_prefix() == first);
    again.state.close();
    again.state.finish();  // without claims it does nothing
}

TEST_CASE("reload: what is live is put in force, tokens too, and nothing changes with a problem", "[server]") {
    ServerParts parts;
    ServerSettings next = parts.given;
    next.bind = "127.0.0.1:1";
    next.hold = std::chrono::seconds(7);
    const ApplyReport checked = parts.reload.check(ServerSettings(next));
    CHECK(checked.needs_restart == std::vector<std::string>{"server.bind"});
    REQUIRE(checked.applied.size() == 1);
    CHECK(parts.reload.apply(ServerSettings(next)).applied.front().key == "server.hold");
    CHECK(parts.reload.apply(std::move(next)).applied.empty());  // it is as it was

    CHECK_FALSE(parts.reload.add_token({Secret::generate(), ""}).ok());
    CHECK_FALSE(parts.reload.add_token({Secret::generate(), "one"}).ok());
    CHECK(parts.reload.add_token({Secret::generate(), "two"}).ok());
    CHECK(parts.shared->tokens.named("two"));
    CHECK(parts.reload.remove_token("one").ok());
    CHECK_FALSE(parts.shared->tokens.named("one"));
    CHECK_FALSE(parts.reload.remove_token("two").ok());  // the last one
    CHECK_FALSE(parts.reload.remove_token("three").ok());
    CHECK(parts.shared->tokens.named("two"));
}

TEST_CASE("reload: none on a worker, where it would wait for itself", "[server]") {
    ServerParts parts;
    const auto apply = [&] { return parts.reload.apply(ServerSettings(parts.given)).ok(); };
    CHECK(apply());
    const std::error_code refused = runtime::test::on(parts.worker(), [&]() -> std::error_code {
        try {
            apply();
        } catch (const std::system_error& error) {
            return error.code();
        }
        return {};
    });
    CHECK(refused == errc::would_deadlock);
}

TEST_CASE("handover: sockets in pages, and the place is kept where the program does not drain", "[server]") {
    ServerParts parts;
    CHECK(parts.handover.begin().status != 202);
    CHECK_FALSE(parts.handover.is_replaced());
    const runtime::Fd listener = runtime::test::listen_on_loopback();
    for (std::size_t i = 0; i <= runtime::sockets_sent_max; ++i) {
        parts.endpoints.add(Endpoint::http, listener);
    }
    const admin::Answer first = parts.handover.answer_sockets(0);
    CHECK(first.sockets->size() == runtime::sockets_sent_max);
    CHECK(first.body.at("next") == runtime::sockets_sent_max);
    const admin::Answer rest = parts.handover.answer_sockets(runtime::sockets_sent_max);
    CHECK(rest.sockets->size() == 1);
    CHECK_FALSE(rest.body.contains("next"));
    CHECK_FALSE(parts.handover.keeps_sockets());
    CHECK(parts.handover.sockets_to_keep().size() == runtime::sockets_sent_max + 1);
    CHECK(parts.handover.keeps_sockets());

    bool drains = false;
    parts.control.set(&ControlHandlers::drain, DrainHandler([&](auto) { drains = true; }));
    CHECK(parts.handover.begin().status == 202);
    CHECK(drains);
    CHECK(parts.handover.is_replaced());
    parts.handover.begin_drain();
    parts.handover.drain_idle();  // too early
    parts.handover.stop_accepting();
    parts.handover.leave_kept_ports();
}

TEST_CASE("handover: a socket that was passed on is used where it listens", "[server]") {
    ServerParts parts;
    runtime::Fd passed = runtime::test::listen_on_loopback();
    const int number = passed.get();
    const std::string at = runtime::local_address(number).text();
    const std::uint64_t changes = parts.handover.socket_changes();
    std::vector<runtime::NamedSocket> sockets;
    sockets.push_back({std::move(passed), "clients"});
    parts.handover.inherit(std::move(sockets));
    CHECK(parts.handover.socket_changes() != changes);
    std::error_code error;
    CHECK(parts.listeners.open(at, Endpoint::clients, error).get() == number);
}

TEST_CASE("upkeep: tokens are looked at when they have changed, also before it has begun", "[server]") {
    ServerParts parts;
    parts.upkeep.check_expiry();
    parts.upkeep.start(std::chrono::seconds(0));
    parts.upkeep.check_expiry();
    runtime::test::on(parts.worker(), [] { return 0; });
}

TEST_CASE("reports: tokens with what their clients use, and where a URL leads", "[server]") {
    ServerParts parts;
    session::test::WireClient client = parts.connect();
    REQUIRE(client.log_in());
    REQUIRE(eventually([&] { return parts.notices.logins() == 1; }));
    const admin::Answer tokens = answer_about_tokens(*parts.shared, parts.sessions, {});
    const admin::Json& row = tokens.body.at("tokens").front();
    CHECK(row.at("name") == "one");
    CHECK(row.at("clients") == 1);
    CHECK(row.at("connections") == 1);
    CHECK(row.at("secrets").contains("secret"));

    admin::RouteRequest question;
    question.url = "http://nobody.test/a?b";
    const admin::Answer route = answer_about_route(*parts.shared->http, parts.sessions, nullptr, question);
    CHECK(route.body.at("found") == "unknown_host");
    CHECK(route.body.at("path") == "/a");
    question.url = "http://";
    CHECK(answer_about_route(*parts.shared->http, parts.sessions, nullptr, question).status == 400);
}

}  // namespace ferrotunnel::detail
