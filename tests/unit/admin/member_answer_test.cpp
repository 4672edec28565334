// Answers of other members of a cluster, as the control thread waits for them.
#include "admin/member_answer.hpp"

#include <poll.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "admin/control_connection.hpp"
#include "admin/resources.hpp"
#include "unit/admin/fake_subject.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

/// A member's end of the socket, and what waits at the other end.
struct Asked {
    explicit Asked(const ControlRequest& request = {"GET", "/v1/status"}) {
        auto [asks, answers] = runtime::socket_pair();
        member = std::move(answers);
        pending.emplace(std::move(asks), request, "b", start + limits::member_answer_time);
    }
    void say(std::string_view text) const {
        REQUIRE(runtime::write_some(member.get(), as_bytes(text)).status == runtime::IoStatus::ok);
    }
    std::string request() const {
        std::array<std::uint8_t, 128 * 1024> buffer{};
        const runtime::IoResult read = runtime::read_some(member.get(), MutableBytes(buffer));
        return {reinterpret_cast<const char*>(buffer.data()), read.bytes};
    }
    /// "200 {...}", "504 text"; empty if there is none yet.
    std::string next(Duration after = 0s) {
        const std::optional<Answer> answer = pending->next(start + after);
        if (!answer) {
            return "";
        }
        return std::to_string(answer->status) + ' ' +
               (answer->body.contains("error") ? answer->body.at("error").at("message").get<std::string>()
                                               : answer->body.dump());
    }

    runtime::Fd member;
    std::optional<MemberAnswer> pending;
};

std::string answer_head(std::size_t length) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(length) +
           "\r\nConnection: close\r\n\r\n";
}

}  // namespace

TEST_CASE("a request to a member is one of the control API, and its answer is the member's", "[member-answer]") {
    Asked asked({"POST", "/v1/kick", R"({"client":"x"})"});
    CHECK(asked.next().empty());
    const ControlConnection::Handler handler = [](const Request& request) {
        test::FakeSubject subject;
        return answer_to(request, subject);
    };
    ControlConnection served(handler);
    served.take(asked.request());
    const std::string answer(served.output());
    asked.say(answer.substr(0, 20));
    CHECK(asked.next().empty());
    asked.say(answer.substr(20));
    CHECK(asked.next() == R"(200 {"told":"kick x"})");
}

TEST_CASE("a member's refusal is passed on", "[member-answer]") {
    Asked asked;
    asked.say("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}");
    CHECK(asked.next() == "403 {}");
}

TEST_CASE("a member that does not answer in time, or not as it should", "[member-answer]") {
    SECTION("nothing") {
        Asked asked;
        CHECK(asked.next(limits::member_answer_time - 1ms).empty());
        CHECK(asked.next(limits::member_answer_time) == "504 The member \"b\" did not answer within 25 s.");
    }
    SECTION("an end") {
        Asked asked;
        asked.say(answer_head(10) + "{");
        asked.member.reset();
        CHECK(asked.next().starts_with("502 The member \"b\" has not answered: the link was lost"));
    }
    SECTION("no HTTP") {
        Asked asked;
        asked.say("SSH-2.0-x\r\n\r\n");
        CHECK(asked.next() == "502 The member \"b\" has sent an answer that is not valid, or too long.");
    }
    SECTION("no object") {
        Asked asked;
        asked.say(answer_head(2) + "[]");
        CHECK(asked.next() == "502 The member \"b\" has sent an answer that is not a JSON object.");
    }
    SECTION("the longest answer, and one byte more") {
        const std::size_t length = limits::member_answer_max + GENERATE(std::size_t{0}, std::size_t{1});
        Asked asked;
        asked.say(answer_head(length));
        const std::string spaces(65'536, ' ');
        std::string got;
        for (std::size_t sent = 0; sent < length && got.empty();) {
            const std::string piece = spaces.substr(0, std::min(length - sent, spaces.size()));
            asked.say(sent == 0 ? "{}" + piece.substr(2) : piece);
            sent += piece.size();
            got = asked.next();
        }
        CHECK(got == (length == limits::member_answer_max
                          ? "200 {}"
                          : "502 The member \"b\" has sent an answer that is not valid, or too long."));
    }
}
