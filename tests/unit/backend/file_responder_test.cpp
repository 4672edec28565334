// One stream's requests for files and their answers, cut in every way, without a stream.
#include "backend/file_responder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <vector>

#include "support/temporary_folder.hpp"
#include "unit/backend/get_request.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using ferrotunnel::test::get_request;
using ferrotunnel::test::TemporaryFolder;

namespace {

struct ConversationFixture {
    explicit ConversationFixture(bool lists = false) : folder(std::make_shared<Folder>(site.path(), lists)) {
        put("index.html", "home");
        put("a.txt", "0123456789");
        std::filesystem::create_directory(site / "sub");
    }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(site / name, std::ios::binary) << text;
    }

    /// All answers to these bytes, which come in pieces of `step` and leave through windows of `room`.
    std::string ask(const std::string& bytes, std::size_t step = SIZE_MAX, std::size_t room = 4'096) {
        std::string answers;
        for (std::size_t at = 0; at < bytes.size() && !talk.has_ended(); at += std::min(step, bytes.size() - at)) {
            talk.take(as_bytes(std::string_view(bytes).substr(at, step)));
            while (talk.is_answering()) {
                answers += produce(room).value();
            }
        }
        return answers;
    }
    std::optional<std::string> produce(std::size_t room) {
        std::vector<std::uint8_t> one(room);
        std::vector<std::uint8_t> two(room);
        const MutableBytes windows[] = {one, two};
        const auto size = talk.produce(windows);
        if (!size) {
            return std::nullopt;
        }
        one.insert(one.end(), two.begin(), two.end());
        return std::string(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(*size));
    }

    const TemporaryFolder site;
    const std::shared_ptr<Folder> folder;
    std::vector<std::error_code> outcomes;
    FileResponder talk{folder, [this](std::error_code error) { outcomes.push_back(error); }};
};

// "200 home": the status, and what stands behind the head.
std::string short_form(const std::string& answer) {
    return answer.substr(9, 3) + ' ' + answer.substr(std::min(answer.find("\r\n\r\n") + 4, answer.size()));
}

}  // namespace

TEST_CASE("files are answered, one request after the other", "[file_conversation]") {
    ConversationFixture rig;
    CHECK(short_form(rig.ask(get_request("/"))) == "200 home");
    CHECK(short_form(rig.ask(get_request("/a.txt?query"))) == "200 0123456789");
    CHECK(short_form(rig.ask(get_request("/a.txt", "Range: bytes=2-4\r\n"))) == "206 234");
    CHECK(short_form(rig.ask("HEAD /a.txt HTTP/1.1\r\nHost: h\r\n\r\n")) == "200 ");
    CHECK(short_form(rig.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")) == "204 ");
    CHECK(short_form(rig.ask(get_request("/none"))) == "404 404 Not Found\n");
    CHECK(short_form(rig.ask(get_request("/a.txt/"))) == "404 404 Not Found\n");
    CHECK(short_form(rig.ask(get_request("/sub"))).starts_with("301 "));
    CHECK(short_form(rig.ask(get_request("/sub/"))) == "404 404 Not Found\n");
    CHECK(short_form(rig.ask(get_request("/../etc/passwd"))) == "404 404 Not Found\n");
    CHECK_FALSE(rig.talk.has_ended());
}

TEST_CASE("answers do not depend on how requests and room are cut", "[file_conversation]") {
    const std::string requests = get_request("/") + get_request("/none") + get_request("/a.txt") +
                                 "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + get_request("/a.txt", "Range: bytes=-3\r\n");
    ConversationFixture rig;
    // Tags are weak for two seconds; only what all have is compared.
    const auto without_tags = [](std::string text) {
        for (std::size_t at = text.find("W/\""); at != std::string::npos; at = text.find("W/\"")) {
            text.erase(at, 2);
        }
        return text;
    };
    const std::string whole = without_tags(rig.ask(requests));
    CHECK(std::count(whole.begin(), whole.end(), '\n') > 20);
    for (const std::size_t step : {1, 2, 3, 7, 50, 100}) {
        for (const std::size_t room : {1, 2, 17, 300}) {
            INFO(step << ' ' << room);
            REQUIRE(without_tags(rig.ask(requests, step, room)) == whole);
        }
    }
}

TEST_CASE("a large file passes through any windows", "[file_conversation]") {
    ConversationFixture rig;
    std::string large;
    for (int i = 0; i < 60'000; ++i) {
        large += std::to_string(i);
    }
    rig.put("large", large);
    for (const std::size_t room : {std::size_t{999}, std::size_t{16'376}, std::size_t{1'000'000}}) {
        CHECK((short_form(rig.ask(get_request("/large"), SIZE_MAX, room)) == "200 " + large));
    }
}

TEST_CASE("other methods are refused, and a body is not waited for", "[file_conversation]") {
    ConversationFixture rig;
    CHECK(short_form(rig.ask("DELETE /a.txt HTTP/1.1\r\nHost: h\r\n\r\n")) == "405 405 Method Not Allowed\n");
    CHECK_FALSE(rig.talk.has_ended());
    const std::string answer = rig.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nbegin");
    CHECK(short_form(answer) == "405 405 Method Not Allowed\n");
    CHECK_THAT(answer, Catch::Contains("Connection: close\r\n"));
    CHECK(rig.talk.has_ended());
    ConversationFixture with_body;
    CHECK(short_form(with_body.ask("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")) == "200 home");
    CHECK(with_body.talk.has_ended());
}

TEST_CASE("the last request ends the conversation", "[file_conversation]") {
    ConversationFixture closing;
    CHECK(short_form(closing.ask(get_request("/", "Connection: close\r\n") + get_request("/"))) == "200 home");
    CHECK(closing.talk.has_ended());
    ConversationFixture broken;
    CHECK(short_form(broken.ask("GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n" + get_request("/"))).starts_with("400 "));
    CHECK(broken.talk.has_ended());
    ConversationFixture endless;
    CHECK(short_form(endless.ask("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'x'))).starts_with("431 "));
    CHECK(endless.talk.has_ended());
}

TEST_CASE("a folder without an index is listed if that is wanted", "[file_conversation]") {
    ConversationFixture rig(true);
    rig.put("sub/<x>", "1");
    const std::string answer = rig.ask(get_request("/sub/"));
    CHECK_THAT(answer, Catch::Contains("./%3Cx%3E") && Catch::Contains("Content-Security-Policy: default-src 'none'"));
    CHECK(short_form(rig.ask(get_request("/"))) == "200 home");
    CHECK(short_form(rig.ask("HEAD /sub/ HTTP/1.1\r\nHost: h\r\n\r\n")) == "200 ");
}

TEST_CASE("a folder that is away is an answer, and is told", "[file_conversation]") {
    ConversationFixture rig;
    rig.ask(get_request("/"));
    const std::string away = rig.site.path() + "-away";
    std::filesystem::rename(rig.site.path(), away);
    CHECK(short_form(rig.ask(get_request("/"))) == "503 503 Service Unavailable\n");
    std::filesystem::rename(away, rig.site.path());
    CHECK(short_form(rig.ask(get_request("/"))) == "200 home");
    REQUIRE(rig.outcomes.size() == 3);
    CHECK_FALSE(rig.outcomes[0]);
    CHECK(rig.outcomes[1] == std::errc::no_such_file_or_directory);
    CHECK_FALSE(rig.outcomes[2]);
}

TEST_CASE("a file that changes while it is sent is cut", "[file_conversation]") {
    ConversationFixture rig;
    const std::string text(100'000, 'x');
    const auto begin = [&] {
        rig.put("f", text);
        rig.talk.take(as_bytes(get_request("/f")));
        REQUIRE(rig.produce(1'000));
        REQUIRE(rig.talk.is_answering());
    };
    SECTION("truncated") {
        begin();
        std::filesystem::resize_file(rig.site / "f", 10);
    }
    SECTION("grown") {
        begin();
        rig.put("f", text + 'x');
    }
    SECTION("written to, and of the same size") {
        begin();
        // Times move in ticks: it is set here, as a later write would.
        const timespec times[] = {{0, UTIME_OMIT}, {1'000'000'000, 0}};
        REQUIRE(::utimensat(AT_FDCWD, (rig.site / "f").c_str(), times, 0) == 0);
    }
    CHECK_FALSE(rig.produce(1'000));
}

TEST_CASE("a file that is replaced or removed while it is sent is sent whole", "[file_conversation]") {
    ConversationFixture rig;
    const std::string text(100'000, 'x');
    rig.put("f", text);
    rig.put("next", "new");
    rig.talk.take(as_bytes(get_request("/f")));
    std::string answer = rig.produce(1'000).value();
    std::filesystem::rename(rig.site / "next", rig.site / "f");
    while (rig.talk.is_answering()) {
        answer += rig.produce(1'000).value();
    }
    CHECK((short_form(answer) == "200 " + text));
    CHECK(short_form(rig.ask(get_request("/f"))) == "200 new");
}

TEST_CASE("beyond the bound of transfers a request gets 503", "[file_conversation]") {
    ConversationFixture rig;
    std::vector<PermitPtr> places;
    while (auto place = rig.folder->acquire_permit()) {
        places.push_back(std::move(place));
    }
    CHECK(places.size() == limits::files_transfers_max);
    const std::string answer = rig.ask(get_request("/"));
    CHECK(short_form(answer) == "503 503 Service Unavailable\n");
    CHECK_THAT(answer, Catch::Contains("Retry-After: "));
    places.pop_back();
    CHECK(short_form(rig.ask(get_request("/"))) == "200 home");
    CHECK(rig.folder->acquire_permit());  // given back with the answer
}
