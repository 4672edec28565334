// The input is what somebody says to the dashboard's address. Wherever it is cut, the answers are the same, each is one
// of HTTP, and nothing is changed but by a request that a page of ours, or a script of this machine, could have made.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/control_connection.hpp"
#include "admin/limits.hpp"
#include "admin/peer.hpp"
#include "admin/web.hpp"
#include "admin/web_file.hpp"
#include "http/response_parser.hpp"
#include "require.hpp"
#include "unit/admin/fake_subject.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;
using namespace ferrotunnel::fuzz;

// No names of users and no files: what the library has for them asks the system, and the build.
std::string ferrotunnel::admin::text_of_user(uid_t user) {
    return std::to_string(user);
}
const WebFile* ferrotunnel::admin::web_file(std::string_view path) noexcept {
    static constexpr WebFile page{"/", "text/html", "<!doctype html>"};
    return path == "/" ? &page : nullptr;
}

namespace {

class Watched final : public test::FakeSubject {
public:
    using FakeSubject::answer;
    Answer answer(const KickRequest& asked) override { return change(FakeSubject::answer(asked)); }
    Answer answer(const ReloadRequest& asked) override { return change(FakeSubject::answer(asked)); }
    Answer answer(const DrainRequest& asked) override { return change(FakeSubject::answer(asked)); }
    Answer add_service(const Json& description, bool keep) override {
        return change(FakeSubject::add_service(description, keep));
    }
    Answer remove_service(const std::string& name, bool keep) override {
        return change(FakeSubject::remove_service(name, keep));
    }
    Answer switch_service(const std::string& name, bool enabled, const std::string& by) override {
        return change(FakeSubject::switch_service(name, enabled, by));
    }
    std::shared_ptr<inspect::Inspector> inspector() override { return inspector_; }
    std::string replay(const std::string&, std::string request, std::uint64_t, std::uint64_t) override {
        has_changed = true;
        http::RequestParser parser;  // one request, whatever the edits were
        require(parser.parse(request) == http::ParseState::complete);
        return {};
    }

    bool has_changed = false;

private:
    Answer change(Answer answer) {
        has_changed = true;
        return answer;
    }
    static std::shared_ptr<inspect::Inspector> with_one() {
        auto inspector = std::make_shared<inspect::Inspector>(inspect::Inspector::Settings{});
        const auto tap = inspector->http_tap({"web", "x", {}, 0, 0, TimePoint()});
        tap->to_backend(as_bytes("POST /a?b=c HTTP/1.1\r\nHost: a\r\nCookie: d\r\nContent-Length: 2\r\n\r\n{}"),
                        TimePoint());
        tap->from_backend(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), TimePoint());
        tap->over(TimePoint());
        return inspector;
    }
    const std::shared_ptr<inspect::Inspector> inspector_ = with_one();
};

// Times, of events and of exchanges, are the clock's.
bool tells_time(const Request& request) {
    return request.path.find("/events") != std::string_view::npos ||
           request.path.find("/exchanges") != std::string_view::npos;
}

std::string answered(std::string_view input, std::size_t step) {
    Watched subject;
    const ControlConnection::Handler handler = [&](const Request& request) {
        subject.has_changed = false;
        Answer answer = answer_to_browser(request, subject);
        if (subject.has_changed) {
            require(request.method != "GET" && request.method != "HEAD");
            require(is_address_or_localhost(request.host));
            require(request.fetch_site.empty() || request.fetch_site == "same-origin");
            require(request.origin.empty() || request.origin == "http://" + std::string(request.host));
        }
        if (tells_time(request)) {
            answer.body = Json();
            answer.text.clear();
        }
        answer.more = nullptr;
        return answer;
    };
    ControlConnection conversation(handler, 7);
    std::string all;
    const auto take_output = [&] {
        while (!conversation.output().empty()) {
            all += conversation.output();
            conversation.wrote(conversation.output().size());
        }
    };
    while (!input.empty() && conversation.wants_input()) {
        const std::string piece(input.substr(0, step));
        input.remove_prefix(piece.size());
        conversation.take(piece);
        take_output();
    }
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string whole = answered(input, 16'384);
    require(whole.empty() || whole.starts_with("HTTP/1.1 "));
    // "100 Continue" is said only where the body has not come with the head.
    if (whole.find(" 100 Continue") == std::string::npos && input.find("100-") == std::string_view::npos) {
        require(answered(input, 1) == whole);
        require(answered(input, 7) == whole);
    }
    return 0;
}
