#include "admin/control_thread.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "admin/control_client.hpp"
#include "admin/control_socket.hpp"
#include "admin/peer.hpp"
#include "admin/search.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "support/temporary_folder.hpp"
#include "unit/admin/fake_subject.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;
using namespace std::chrono_literals;

namespace {

constexpr Duration timeout = 60s;

struct Running {
    test::TemporaryFolder folder;
    test::RecordingLogger log;
    test::FakeSubject subject;
    std::optional<ControlSocket> socket;
    std::optional<ControlThread> thread;

    explicit Running(ControlThread::Settings settings = {}, uid_t owner = ::geteuid(),
                     ControlConnection::Handler handler = {}) {
        if (!handler) {
            handler = [this](const Request& request) { return answer_to(request, subject); };
        }
        auto opened = ControlSocket::open(folder / "server.sock");
        REQUIRE(opened);
        socket.emplace(std::move(*opened));
        thread.emplace(std::vector<ControlThread::Endpoint>{{socket->listener(), std::move(handler), owner}}, settings,
                       log);
    }

    std::string ask(std::string_view path) const {
        const auto reply = admin::ask(socket->path(), {"GET", path}, timeout);
        return reply ? std::to_string(reply->status) + ' ' + reply->body : reply.error().text;
    }
    runtime::Fd connect() const {
        std::error_code error;
        runtime::Fd peer = runtime::connect_unix(socket->path(), error);
        REQUIRE_FALSE(error);
        return peer;
    }
};

void say(const runtime::Fd& socket, std::string_view text) {
    REQUIRE(runtime::write_some(socket.get(), as_bytes(text)).status == runtime::IoStatus::ok);
}

// All that comes until the other end closes.
std::string read_to_end(const runtime::Fd& socket) {
    std::string text;
    std::array<std::uint8_t, 4'096> buffer{};
    for (;;) {
        pollfd source{socket.get(), POLLIN, 0};
        REQUIRE(::poll(&source, 1, 60'000) == 1);
        const runtime::IoResult read = runtime::read_some(socket.get(), MutableBytes(buffer));
        text.append(reinterpret_cast<const char*>(buffer.data()), read.bytes);
        if (read.status == runtime::IoStatus::eof || read.status == runtime::IoStatus::error) {
            return text;
        }
    }
}

// Reads until `text` has `part`.
void read_until(const runtime::Fd& socket, std::string& text, std::string_view part) {
    std::array<std::uint8_t, 4'096> buffer{};
    for (std::size_t from = 0; text.find(part, from) == std::string::npos;) {
        from = text.size() - std::min(text.size(), part.size());
        pollfd source{socket.get(), POLLIN, 0};
        REQUIRE(::poll(&source, 1, 60'000) == 1);
        const runtime::IoResult read = runtime::read_some(socket.get(), MutableBytes(buffer));
        REQUIRE(read.status != runtime::IoStatus::eof);
        REQUIRE(read.status != runtime::IoStatus::error);
        text.append(reinterpret_cast<const char*>(buffer.data()), read.bytes);
    }
}

const std::string status_request = "GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("a program is asked by its socket") {
    Running running;
    CHECK(running.ask("/v1/status") == "200 {\"told\":\"status\"}\n");
    CHECK(running.ask("/v1/nothing").starts_with("404 "));
    const auto reply = ask(running.socket->path(), {"POST", "/v1/kick", R"({"client":"x"})"}, timeout);
    REQUIRE(reply);
    CHECK(reply->body == "{\"told\":\"kick x\"}\n");
    CHECK_FALSE(running.thread->here());
}

TEST_CASE("whoever is silent or slow holds nobody up") {
    Running running;
    std::vector<runtime::Fd> peers;
    for (int i = 0; i < 8; ++i) {
        peers.push_back(running.connect());
        if (i % 2 == 0) {
            say(peers.back(), "GET /v1/sta");
        }
        CHECK(running.ask("/v1/status").starts_with("200 "));
    }
    say(peers.front(), "tus HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(read_to_end(peers.front()).starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("one peer too many takes the place of the one that has been silent for longest") {
    ControlThread::Settings settings;
    settings.peers_max = 2;
    test::FakeSubject subject;
    Running running(settings, ::geteuid(), [&](const Request& request) { return answer_to(request, subject); });
    const runtime::Fd first = running.connect();
    const runtime::Fd second = running.connect();
    say(second, "GET /v1/sta");
    CHECK(running.ask("/v1/status").starts_with("200 "));  // the third
    CHECK(read_to_end(first).empty());
    say(second, "tus HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(read_to_end(second).starts_with("HTTP/1.1 200 OK"));
    for (int i = 0; i < 50; ++i) {
        CHECK(running.ask("/v1/status").starts_with("200 "));
    }
}

TEST_CASE("whoever follows events is told them as they come, and one that is slow finds a gap") {
    ControlThread::Settings settings;
    settings.timeout = 10min;  // the slow one is not taken for dead on a machine that is busy
    Running running(settings);
    const runtime::Fd slow = running.connect();
    say(slow, "GET /v1/events/stream HTTP/1.1\r\nHost: a\r\n\r\n");
    const runtime::Fd quick = running.connect();
    say(quick, "GET /v1/events/stream HTTP/1.1\r\nHost: a\r\n\r\n");
    std::string of_quick;
    read_until(quick, of_quick, "\r\n\r\nretry: 2000\n\n:\n\n");  // it listens
    CHECK(of_quick.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(of_quick.find("Content-Length") == std::string::npos);
    Event event;
    event.text.assign(8'192, 'x');  // one batch of these is more than the socket takes
    for (std::size_t i = 0; i < limits::admin_events_kept; ++i) {
        running.subject.ring.put(event);
    }
    read_until(quick, of_quick, running.subject.ring.id_of(limits::admin_events_kept) + '"');
    CHECK(of_quick.find("event: gap") == std::string::npos);
    say(quick, "anything");  // is dropped
    // All that the slow one has not yet been sent is gone now.
    for (std::size_t i = 0; i < limits::admin_events_kept; ++i) {
        running.subject.ring.put(event);
    }
    event.text = "the last";
    running.subject.ring.put(event);
    std::string of_slow;
    read_until(slow, of_slow, "the last");
    CHECK(of_slow.find("event: gap\ndata: {\"missed\":") != std::string::npos);
    CHECK(running.ask("/v1/status").starts_with("200 "));
}

TEST_CASE("whoever waits for an answer holds nobody up") {
    Running running;
    const runtime::Fd waiting = running.connect();
    say(waiting, "POST /v1/acme/change-keys HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    for (int i = 0; i < 3; ++i) {
        CHECK(running.ask("/v1/status").starts_with("200 "));
    }
    running.subject.later->give({200, Json{{"changed", true}}});
    const std::string answer = read_to_end(waiting);
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.ends_with("{\"changed\":true}\n"));
}

TEST_CASE("as many follow the events as may, and the others are told so") {
    Running running;
    std::vector<runtime::Fd> listeners;
    for (std::size_t i = 0; i < limits::admin_listeners_max; ++i) {
        listeners.push_back(running.connect());
        say(listeners.back(), "GET /v1/events/stream HTTP/1.1\r\nHost: a\r\n\r\n");
        std::string text;
        read_until(listeners.back(), text, "retry:");
    }
    CHECK(running.ask("/v1/events/stream").starts_with("503 "));
    listeners.pop_back();
    CHECK(test::eventually([&] {
        const runtime::Fd next = running.connect();
        say(next, "GET /v1/events/stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        std::string text;
        read_until(next, text, "\r\n\r\n");
        return text.starts_with("HTTP/1.1 200 ");
    }));
}

TEST_CASE("the doors of one thread have places of their own") {
    const test::TemporaryFolder folder;
    test::RecordingLogger log;
    test::FakeSubject subject;
    auto control = ControlSocket::open(folder / "server.sock");
    auto open = ControlSocket::open(folder / "open.sock");
    REQUIRE((control && open));
    ControlThread::Settings settings;
    settings.peers_max = 1;
    const auto answers = [&](const Request& request) { return answer_to(request, subject); };
    ControlThread thread({{control->listener(), answers, ::geteuid()}, {open->listener(), answers, std::nullopt}},
                         settings, log);
    std::error_code error;
    const runtime::Fd silent = runtime::connect_unix(control->path(), error);
    say(silent, "GET /v1/sta");
    for (int i = 0; i < 3; ++i) {
        const auto reply = ask(open->path(), {"GET", "/v1/status"}, timeout);
        REQUIRE(reply);
        CHECK(reply->status == 200);
    }
    say(silent, "tus HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(read_to_end(silent).starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("where everybody can connect, requests without a right have a pace, and are all answered") {
    const test::TemporaryFolder folder;
    test::RecordingLogger log;
    auto open = ControlSocket::open(folder / "open.sock");
    REQUIRE(open);
    ControlThread::Settings settings;
    settings.unauthorized_rate = {2, 10};
    const auto handler = [](const Request& request) {
        Answer answer{200, Json{{"path", request.path}}};
        answer.has_right = request.path == "/right";
        return answer;
    };
    ControlThread thread({{open->listener(), handler, std::nullopt}}, settings, log);
    std::error_code error;
    const runtime::Fd stranger = runtime::connect_unix(open->path(), error);
    std::string text;
    SECTION("one after the other") {
        const TimePoint began = Clock::now();
        for (int i = 0; i < 7; ++i) {
            say(stranger, "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
            read_until(stranger, text, "\"/" + std::to_string(i) + '"');
        }
        CHECK(Clock::now() - began >= 500ms);
    }
    SECTION("all at once") {
        std::string all;
        for (int i = 0; i < 7; ++i) {
            all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
        }
        const TimePoint began = Clock::now();
        say(stranger, all);
        read_until(stranger, text, "\"/6\"");
        CHECK(Clock::now() - began >= 500ms);
    }
}

TEST_CASE("the pace of requests without a right delays neither other connections nor requests with one") {
    const test::TemporaryFolder folder;
    test::RecordingLogger log;
    auto open = ControlSocket::open(folder / "open.sock");
    REQUIRE(open);
    ControlThread::Settings settings;
    settings.unauthorized_rate = {2, 1};
    const auto handler = [](const Request& request) {
        Answer answer{200, Json{{"path", request.path}}};
        answer.has_right = request.path == "/right";
        return answer;
    };
    ControlThread thread({{open->listener(), handler, std::nullopt}}, settings, log);
    std::error_code error;
    const runtime::Fd owner = runtime::connect_unix(open->path(), error);
    // Whichever of the two kinds waited would take 100 s.
    const TimePoint began = Clock::now();
    for (int i = 0; i < 100; ++i) {
        std::string text;
        say(owner, "GET /right HTTP/1.1\r\nHost: a\r\n\r\n");
        read_until(owner, text, "/right");
        const runtime::Fd other = runtime::connect_unix(open->path(), error);
        for (const char* path : {"/first", "/second"}) {
            say(other, std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
            read_until(other, text, path);
        }
        REQUIRE(Clock::now() - began < timeout);
    }
}

TEST_CASE("a request has its time, and so has silence") {
    ControlThread::Settings settings;
    settings.timeout = 50ms;
    test::FakeSubject subject;
    Running running(settings, ::geteuid(), [&](const Request& request) { return answer_to(request, subject); });
    const runtime::Fd slow = running.connect();
    (void)runtime::write_some(slow.get(), as_bytes("GET /v1/sta"));  // which comes too late where this machine is slow
    const std::string answer = read_to_end(slow);
    CHECK((answer.empty() || answer.find(" 408 ") != std::string::npos));
    const runtime::Fd silent = running.connect();
    CHECK(read_to_end(silent).empty());
}

TEST_CASE("a peer that does not read its answer holds nobody up, and ends") {
    ControlThread::Settings settings;
    settings.timeout = 5s;
    const std::string much(std::size_t{4} << 20U, 'x');
    const auto handler = [&](const Request& request) {
        return Answer{200, Json{{"much", request.path == "/much" ? much : std::string()}}};
    };
    Running running(settings, ::geteuid(), handler);
    const runtime::Fd deaf = running.connect();
    say(deaf, "GET /much HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(running.ask("/v1/status").starts_with("200 "));
    pollfd source{deaf.get(), POLLRDHUP, 0};
    REQUIRE(::poll(&source, 1, 60'000) == 1);
    const std::string read = read_to_end(deaf);
    CHECK(read.size() < much.size());
    const Running patient({}, ::geteuid(), handler);  // reading takes long on a machine that is busy
    const auto whole = ask(patient.socket->path(), {"GET", "/much"}, timeout);
    REQUIRE(whole);
    CHECK(whole->body.size() > much.size());
}

TEST_CASE("the program's own user and root are obeyed, and nobody else") {
    CHECK(may_control(1'000, 1'000));
    CHECK(may_control(0, 1'000));
    CHECK_FALSE(may_control(1'001, 1'000));
    CHECK_FALSE(may_control(1'000, 0));
    CHECK(user_at(runtime::socket_pair().first.get()) == ::geteuid());
    CHECK_FALSE(user_at(-1));

    if (::geteuid() == 0) {
        return;  // root is obeyed by everybody
    }
    test::FakeSubject subject;
    Running running({}, ::geteuid() + 1, [&](const Request& request) { return answer_to(request, subject); });
    CHECK(running.ask("/v1/status").starts_with("403 "));
    CHECK(running.log.count("a control connection from a user without permission was rejected") == 1);
}

TEST_CASE("a peer that is still sending gets its last answer whole") {
    Running running;
    const runtime::Fd peer = running.connect();
    say(peer, "POST /v1/kick HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    pollfd answered{peer.get(), POLLIN, 0};
    REQUIRE(::poll(&answered, 1, 60'000) == 1);
    (void)runtime::write_some(peer.get(), as_bytes(std::string(10'000, 'x')));
    const std::string answer = read_to_end(peer);
    CHECK(answer.find(" 413 ") != std::string::npos);
    CHECK(answer.ends_with("}\n"));
}

TEST_CASE("requests that have arrived when the thread ends are answered") {
    std::atomic<bool> is_asked = false;
    std::atomic<bool> goes_on = false;
    ControlThread::Settings settings;
    settings.last_answers = 60s;
    Running running(settings, ::geteuid(), [&](const Request&) {
        is_asked = true;
        while (!goes_on) {
            std::this_thread::sleep_for(1ms);
        }
        return Answer{200, Json{{"is", "answered"}}};
    });
    const runtime::Fd second = running.connect();
    const runtime::Fd third = running.connect();
    const runtime::Fd first = running.connect();
    say(third, status_request.substr(0, 10));
    say(first, status_request);
    REQUIRE(test::eventually([&] { return is_asked.load(); }));  // so those before it are accepted
    std::thread ends([&] { running.thread.reset(); });
    std::this_thread::sleep_for(20ms);  // without it, this proves less
    say(second, status_request);
    say(third, status_request.substr(10));
    goes_on = true;
    for (const runtime::Fd* const peer : {&first, &second, &third}) {
        CHECK(read_to_end(*peer).find("answered") != std::string::npos);
    }
    ends.join();
}

TEST_CASE("the thread ends soon, whoever is there, and takes the socket with it") {
    Running running;
    const std::string path = running.socket->path();
    std::vector<runtime::Fd> peers;
    for (int i = 0; i < 4; ++i) {
        peers.push_back(running.connect());
    }
    say(peers.front(), status_request);
    running.thread.reset();
    running.socket.reset();
    CHECK_FALSE(std::filesystem::exists(path));
    const auto reply = ask(path, {"GET", "/v1/status"}, timeout);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().why == NoReply::Why::nobody);
}

TEST_CASE("the handler knows that it is the thread") {
    std::optional<Running> running;
    bool was_here = false;
    running.emplace(ControlThread::Settings(), ::geteuid(), [&](const Request&) {
        was_here = running->thread->here();
        return Answer{200, Json::object()};
    });
    (void)running->ask("/v1/status");
    CHECK(was_here);
}

TEST_CASE("descriptors stay as many, however often it is asked") {
    Running running;
    const auto open_now = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    (void)running.ask("/v1/status");
    const auto before = open_now();
    for (int i = 0; i < 500; ++i) {
        REQUIRE(running.ask("/v1/status").starts_with("200 "));
    }
    CHECK(test::eventually([&] { return open_now() <= before; }));
}

TEST_CASE("whoever asks does not wait for ever, and believes only HTTP") {
    const test::TemporaryFolder folder;
    auto mute = ControlSocket::open(folder / "mute.sock");  // it listens, and nobody accepts
    REQUIRE(mute);
    const auto late = ask(mute->path(), {"GET", "/"}, 20ms);
    REQUIRE_FALSE(late);
    CHECK(late.error().text.ends_with("does not answer"));

    auto other = ControlSocket::open(folder / "other.sock");
    REQUIRE(other);
    const auto answered_with = [&](std::string_view answer) {
        std::jthread program([&] {
            pollfd source{other->listener(), POLLIN, 0};
            if (::poll(&source, 1, 60'000) == 1) {
                const runtime::Fd peer(::accept4(other->listener(), nullptr, nullptr, SOCK_CLOEXEC));
                (void)runtime::write_some(peer.get(), as_bytes(answer));
                (void)runtime::shutdown_send(peer.get());
                std::array<char, 4'096> rest{};
                while (::read(peer.get(), rest.data(), rest.size()) > 0) {
                }
            }
        });
        const auto reply = ask(other->path(), {"GET", "/"}, timeout);
        return reply ? reply->body : reply.error().text;
    };
    CHECK(answered_with("220 mail.example.com\r\n").find("is not FerroTunnel") != std::string::npos);
    CHECK(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut").find("before its response was complete") !=
          std::string::npos);
    CHECK(answered_with("").find("before its response was complete") != std::string::npos);
    CHECK(answered_with("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole") == "whole");

    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    const auto distrusted = ask(other->path(), {"GET", "/"}, timeout);
    REQUIRE_FALSE(distrusted);
    CHECK(distrusted.error().why == NoReply::Why::untrusted);
}

TEST_CASE("a connection that another part of the program has made is served at an endpoint without a listener",
          "[threads]") {
    test::RecordingLogger log;
    test::FakeSubject subject;
    const auto handler = [&subject](const Request& request) { return answer_to_member(request, subject); };
    ControlThread thread(std::vector<ControlThread::Endpoint>{{-1, handler, ::geteuid()}}, {}, log);
    std::vector<runtime::Fd> callers;
    for (std::size_t i = 0; i < limits::admin_peers_max; ++i) {
        auto [caller, served] = runtime::socket_pair();
        thread.adopt(std::move(served), "b");
        say(caller, "POST /v1/services/web HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{\"enabled\": true}");
        std::string text;
        read_until(caller, text, "enable web for the member b of the cluster");
        callers.push_back(std::move(caller));
    }
    // One more takes the place of the one that has waited longest.
    auto [caller, served] = runtime::socket_pair();
    thread.adopt(std::move(served), "b");
    CHECK(read_to_end(callers.front()).empty());
    say(caller, status_request);
    std::string text;
    read_until(caller, text, "status");
}
