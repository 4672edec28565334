#include "admin/control_connection.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "admin/limits.hpp"
#include "base/limits.hpp"
#include "unit/admin/fake_subject.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;

namespace {

struct Talk {
    test::FakeSubject subject;
    ControlConnection::Handler handler = [this](const Request& request) { return answer_to(request, subject); };
    ControlConnection conversation{handler};

    // All that is answered to these bytes.
    std::string say(std::string_view bytes) {
        conversation.take(bytes);
        std::string answers;
        while (!conversation.output().empty()) {
            answers += conversation.output();
            conversation.wrote(conversation.output().size());
        }
        return answers;
    }
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string post(const std::string& path, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

}  // namespace

TEST_CASE("requests are answered in their order, however their bytes come") {
    const std::string get = "GET /v1/status?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    Talk whole;
    const std::string answer = whole.say(get);
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(has(answer, "Content-Type: application/json\r\n"));
    CHECK(answer.ends_with("\r\n\r\n{\"told\":\"status\"}\n"));
    CHECK(whole.conversation.is_idle());
    CHECK_FALSE(whole.conversation.has_ended());

    Talk pieces;
    std::string answers;
    for (const char c : get + post("/v1/kick", R"({"client":"x"})") + get) {
        answers += pieces.say({&c, 1});
    }
    CHECK(has(answers, "kick x"));
    CHECK(pieces.conversation.answers() == 3);

    Talk together;
    CHECK(has(together.say(get + post("/v1/kick", R"({"client":"x"})") + get), "kick x"));
    CHECK(together.conversation.answers() == 3);
}

TEST_CASE("a chunked body, and one that waits for 100") {
    Talk talk;
    CHECK(has(talk.say("POST /v1/kick HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "a\r\n{\"client\":\r\n4\r\n\"y\"}\r\n0\r\n\r\n"),
              "kick y"));
    CHECK(talk.say("POST /v1/kick HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 14\r\n\r\n") ==
          "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK_FALSE(talk.conversation.is_idle());
    CHECK(has(talk.say(R"({"client":"z"})"), "kick z"));
}

TEST_CASE("the connection ends where the peer wants it to") {
    Talk talk;
    CHECK(has(talk.say("GET /v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "Connection: close"));
    CHECK(talk.conversation.has_ended());
}

TEST_CASE("the answer to HEAD has no body") {
    Talk talk;
    const std::string answer = talk.say("HEAD /v1/status HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 405 "));
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a body may have 64 KiB, and no byte more") {
    const std::string filling(limits::admin_request_max - 10, 'x');
    const std::string most = R"({"a": ")" + filling + "\"}";  // 9 bytes around it, so one byte is left
    Talk talk;
    CHECK(has(talk.say(post("/v1/services", most + ' ')), "200 OK"));
    CHECK(has(talk.say(post("/v1/services", most + "  ")), "413 "));
    CHECK(talk.conversation.has_ended());

    Talk chunked;  // says no length
    std::string bytes = "POST /v1/services HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 5; ++i) {
        bytes += "4000\r\n" + std::string(0x4000, ' ') + "\r\n";
    }
    CHECK(has(chunked.say(bytes), "413 "));
    CHECK(chunked.conversation.has_ended());
}

TEST_CASE("a head has its limit, and what breaks the rules of HTTP is refused") {
    Talk large;
    CHECK(has(large.say("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(limits::http_head_max, 'x')), " 431 "));
    CHECK(large.conversation.has_ended());
    Talk garbage;
    CHECK(has(garbage.say("\x16\x03\x01 no HTTP\r\n\r\n"), " 400 "));
    CHECK(garbage.conversation.has_ended());
}

TEST_CASE("what is thrown is an answer") {
    Talk talk;
    CHECK(has(talk.say("GET /v1/tunnels HTTP/1.1\r\nHost: a\r\n\r\n"), "no tunnels today"));
    CHECK_FALSE(talk.conversation.has_ended());
}

TEST_CASE("whoever is late is told so if a request has begun") {
    Talk begun;
    begun.conversation.take("GET /v1/st");
    begun.conversation.on_timeout();
    CHECK(has(std::string(begun.conversation.output()), " 408 "));
    Talk silent;
    silent.conversation.on_timeout();
    CHECK(silent.conversation.has_ended());
    Talk unread;
    unread.conversation.take("GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n");
    unread.conversation.wrote(5);
    unread.conversation.on_timeout();
    CHECK(unread.conversation.has_ended());
    CHECK(unread.conversation.output().empty());
}

TEST_CASE("nothing is read while an answer waits to be taken") {
    Talk talk;
    const std::string get = "GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n";
    talk.conversation.take(get + get);
    CHECK_FALSE(talk.conversation.wants_input());
    CHECK(talk.conversation.answers() == 1);
    talk.conversation.wrote(talk.conversation.output().size());
    CHECK(talk.conversation.answers() == 2);
}

TEST_CASE("names that are no UTF-8 do not keep an answer from being JSON") {
    const std::string text = text_of(Json{{"name", "a\xff\x1b"}});
    CHECK(text == "{\"name\":\"a\xef\xbf\xbd\\u001b\"}\n");
}

TEST_CASE("requests that are held back wait, those that have come already too") {
    const std::string get = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
    Talk talk;
    talk.conversation.take(get + get + "GET");
    CHECK_FALSE(talk.conversation.is_paused());
    talk.conversation.pause();
    CHECK_FALSE(talk.conversation.is_paused());  // there is an answer to be sent first
    talk.conversation.wrote(talk.conversation.output().size());
    CHECK(talk.conversation.is_paused());
    CHECK_FALSE(talk.conversation.wants_input());
    CHECK(talk.conversation.output().empty());
    CHECK(talk.conversation.answers() == 1);
    talk.conversation.resume();
    CHECK(talk.conversation.answers() == 2);
    CHECK_FALSE(talk.conversation.output().empty());
    talk.conversation.wrote(talk.conversation.output().size());
    CHECK(talk.conversation.wants_input());
    talk.conversation.pause();
    talk.conversation.on_timeout();
    CHECK(has(std::string(talk.conversation.output()), "408"));
    CHECK_FALSE(talk.conversation.is_paused());
    talk.conversation.wrote(talk.conversation.output().size());
    CHECK(talk.conversation.has_ended());
}

TEST_CASE("an answer that another thread gives ends the connection, and what arrives meanwhile is dropped") {
    Talk talk;
    const TimePoint now = Clock::now();
    CHECK(talk.say(post("/v1/acme/change-keys", "")).empty());
    CHECK(talk.conversation.waits_for_more());
    CHECK_FALSE(talk.conversation.wants_input());
    CHECK_FALSE(talk.conversation.is_idle());
    talk.conversation.continue_response(now);
    CHECK(talk.conversation.output().empty());
    talk.subject.later->give({200, Json{{"changed", true}}});
    talk.subject.later->give({500, Json{{"changed", false}}});  // the first one counts
    talk.conversation.continue_response(now);
    const std::string answer(talk.conversation.output());
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(has(answer, "Connection: close\r\n"));
    CHECK(answer.ends_with("{\"changed\":true}\n"));
    CHECK_FALSE(talk.conversation.has_ended());
    talk.conversation.wrote(answer.size());
    CHECK(talk.conversation.has_ended());
    CHECK(talk.conversation.answers() == 1);
}

TEST_CASE("an answer that no thread gives in time is a refusal") {
    Talk talk;
    CHECK(talk.say(post("/v1/acme/change-keys", "")).empty());
    talk.conversation.continue_response(Clock::now() + std::chrono::minutes(2));
    const std::string answer(talk.conversation.output());
    CHECK(answer.starts_with("HTTP/1.1 504 "));
    CHECK(has(answer, R"({"error":{"code":"no_answer","message":"too late"}})"));
}

TEST_CASE("a secret answer is sent as it is") {
    const ControlConnection::Handler handler = [](const Request&) {
        Answer answer;
        answer.is_secret = true;
        answer.text = "{\"key\": \"" + std::string(100, 'k') + "\"}\n";
        return answer;
    };
    ControlConnection connection{handler};
    connection.take("GET /v1/ticket_keys HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string sent(connection.output());
    CHECK(has(sent, "Content-Type: application/json\r\n"));
    CHECK(sent.ends_with("\r\n\r\n{\"key\": \"" + std::string(100, 'k') + "\"}\n"));
    connection.wrote(connection.output().size());
    CHECK(connection.is_idle());
}
