// Which answers of backends count as a rejection of the visitors' host name, and what is logged of them.
#include "backend/host_rejection.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "backend/host_watch.hpp"
#include "backend/limits.hpp"
#include "support/recording_logger.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using HostVerdict = HostRejection::Verdict;

namespace {

std::string http_answer(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

const std::string vite_rejects =
    http_answer("403 Forbidden", "Blocked request. This host (\"app.test\") is not allowed.\n");

HostVerdict classify(const std::string& text) {
    return HostRejection().read(text);
}

}  // namespace

TEST_CASE("answers of servers that reject the Host are recognized by their words") {
    for (const std::string& rejection : {
             vite_rejects,
             http_answer("403 Forbidden", "Invalid Host header"),
             http_answer("200 OK", "Invalid Host header"),
             http_answer("400 Bad Request", "Invalid host header"),
             http_answer("400 Bad Request", "<!DOCTYPE html><html><head><title>DisallowedHost\n at /</title>"),
             http_answer("403 Forbidden",
                         "<style>" + std::string(6'000, ' ') + "</style><h1>Blocked hosts: app.test</h1>"),
             http_answer("403 Forbidden", "<h1>Blocked host: app.test</h1>"),
             http_answer("400 Bad Request", "<h2>Bad Request - Invalid Hostname</h2>"),
             http_answer("421 Misdirected Request", ""),
             std::string("HTTP/1.0 400 Bad Request\r\n\r\nInvalid host header"),
         }) {
        CAPTURE(rejection.substr(0, 100));
        CHECK(classify(rejection) == HostVerdict::rejected);
    }
}

TEST_CASE("all other answers are none") {
    for (const std::string& other : {
             http_answer("200 OK", "hello"),
             http_answer("200 OK", "What does Invalid Host header mean?"),
             http_answer("404 Not Found", "Blocked request. This host"),
             http_answer("500 Internal Server Error", "DisallowedHost"),
             std::string("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
             std::string("SSH-2.0-x\r\n"),
             std::string("HTTP/1.1"),
             std::string(),
         }) {
        CAPTURE(other);
        CHECK(classify(other) == HostVerdict::none);
    }
    CHECK(classify(http_answer("403 Forbidden", "Log in first.")) == HostVerdict::open);  // more may follow
}

TEST_CASE("words that arrive in pieces are found, wherever they are cut") {
    const std::size_t head = vite_rejects.find("\r\n\r\n") + 4;
    for (std::size_t at = head; at < vite_rejects.size() - 1; ++at) {
        HostRejection one;
        const HostVerdict first = one.read(std::string_view(vite_rejects).substr(0, at));
        CHECK((first == HostVerdict::rejected ||
               one.read(std::string_view(vite_rejects).substr(at)) == HostVerdict::rejected));
        CHECK(one.status() == "403");
        CHECK(HostRejection::words_at(one.words()) == "Blocked request. This host");
    }
    HostRejection by_bytes;
    HostVerdict verdict = by_bytes.read(std::string_view(vite_rejects).substr(0, head));
    for (std::size_t at = head; at < vite_rejects.size() && verdict == HostVerdict::open; ++at) {
        verdict = by_bytes.read(std::string_view(vite_rejects).substr(at, 1));
    }
    CHECK(verdict == HostVerdict::rejected);
}

TEST_CASE("no more of an answer is searched than its bound") {
    const std::string words = "Blocked host";
    const std::string head = "HTTP/1.1 403 Forbidden\r\n\r\n";
    const auto padding = [&](std::size_t size) { return std::string(size - head.size() - words.size(), ' '); };
    CHECK(classify(head + padding(limits::host_rejection_bytes_max) + words) == HostVerdict::rejected);
    CHECK(classify(head + padding(limits::host_rejection_bytes_max + 1) + words) == HostVerdict::none);

    HostRejection one;
    std::size_t sent = head.size();
    HostVerdict verdict = one.read(head);
    for (; verdict == HostVerdict::open; sent += 1'000) {
        verdict = one.read(std::string(1'000, ' '));
    }
    CHECK(verdict == HostVerdict::none);
    CHECK(sent < limits::host_rejection_bytes_max + 1'000);
}

TEST_CASE("each kind of rejection is a warning with the remedy once, and then counted") {
    ferrotunnel::test::RecordingLogger log;
    HostRejectionLog hint;
    const auto told = [&](const std::string& text) {
        HostRejection one;
        REQUIRE(one.read(text) == HostVerdict::rejected);
        hint.rejected("app", "127.0.0.1:5173", one, log);
    };
    for (int visitor = 0; visitor < 100; ++visitor) {
        told(vite_rejects);
    }
    CHECK(log.count("rejects the visitors' host name service=app backend=127.0.0.1:5173 "
                    "why=403 Blocked request. This host hint=`ferrotunnel http --host-header backend`") == 1);
    CHECK(log.count("times=100") == 1);
    told(http_answer("421 Misdirected Request", ""));
    told(http_answer("421 Misdirected Request", ""));
    CHECK(log.count("hint=`ferrotunnel http --host-header backend`") == 2);
    CHECK(log.count("why=421 Misdirected Request times=102") == 1);
}

TEST_CASE("only HTTP services without a Host of their own are watched, and only until the first answer") {
    ferrotunnel::test::RecordingLogger log;
    auto service = std::make_shared<ClientService>();
    service->name = "app";
    CHECK(watch_host(service, nullptr, log) == nullptr);
    service->kind = wire::ServiceKind::http;
    auto tap = watch_host(service, nullptr, log);
    REQUIRE(tap != nullptr);
    CHECK_FALSE(tap->is_done());
    tap->from_backend(as_bytes(http_answer("200 OK", "hello")), TimePoint{});
    CHECK(tap->is_done());
    CHECK(log.count("rejects") == 0);

    tap = watch_host(service, nullptr, log);
    tap->from_backend(as_bytes(vite_rejects), TimePoint{});
    CHECK(tap->is_done());
    CHECK(log.count("rejects") == 1);

    service->http.rules.host = "localhost:5173";
    CHECK(watch_host(service, nullptr, log) == nullptr);
}
