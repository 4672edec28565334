// What a request for a file is answered: conditions, ranges, and the head as it is written.
#include "files/answer.hpp"

#include <catch2/catch.hpp>

#include "files/content_type.hpp"
#include "files/limits.hpp"
#include "http/date.hpp"
#include "unit/http/parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::files;
using test::ParsedRequest;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t modified = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::int64_t long_after = (modified + 3'600) * second;
const FileStamp a_file{1, 2, 1'000, modified* second + 5, modified* second + 5};

Answer asked(const std::string& fields, const std::string& method = "GET", const FileStamp& stamp = a_file,
             std::int64_t now = long_after) {
    const ParsedRequest request(method + " /a.txt HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
    return answer_with_file(request.head(), stamp, "a.txt", now);
}

// "200 0+1000", the status and the part of the file.
std::string summary(const Answer& answer) {
    return std::to_string(answer.status) + ' ' + std::to_string(answer.first) + '+' + std::to_string(answer.length);
}

std::string tag_of(const FileStamp& stamp, std::int64_t now = long_after) {
    return Validators::of(stamp, now).etag();
}

}  // namespace

TEST_CASE("an entity tag changes with everything that a change brings") {
    const std::string tag = tag_of(a_file);
    CHECK(tag.size() == 18);
    CHECK(tag.front() == '"');
    for (FileStamp other : {FileStamp{9, 2, 1'000, a_file.modified, a_file.changed},
                            FileStamp{1, 9, 1'000, a_file.modified, a_file.changed},
                            FileStamp{1, 2, 1'001, a_file.modified, a_file.changed},
                            FileStamp{1, 2, 1'000, a_file.modified + 1, a_file.changed},
                            FileStamp{1, 2, 1'000, a_file.modified, a_file.changed + 1}}) {
        CHECK(tag_of(other) != tag);
    }
    CHECK(tag_of(a_file) == tag);
}

TEST_CASE("an entity tag is weak while another change could leave no trace") {
    const std::int64_t settled = a_file.changed + limits::files_settled_after.count() * second;
    CHECK(tag_of(a_file, settled) == tag_of(a_file));
    CHECK(tag_of(a_file, settled - 1) == "W/" + tag_of(a_file));
    CHECK(tag_of(a_file, a_file.modified - second) == "W/" + tag_of(a_file));  // of the future
    CHECK(Validators::of(a_file, (modified - 10) * second).modified == modified - 10);
}

TEST_CASE("without conditions a file is sent whole") {
    const Answer answer = asked("");
    CHECK(summary(answer) == "200 0+1000");
    CHECK(answer.content_type == "text/plain; charset=utf-8");
    CHECK(summary(asked("", "HEAD")) == "200 0+1000");
    CHECK(summary(asked("", "GET", {1, 2, 0, 0, 0})) == "200 0+0");
}

TEST_CASE("If-None-Match compares weakly, If-Match strongly") {
    const std::string tag = tag_of(a_file);
    for (const std::string& value : {tag, "W/" + tag, "\"other\", " + tag, "\"a,b\" , W/" + tag, std::string("*")}) {
        INFO(value);
        CHECK(asked("If-None-Match: " + value + "\r\n").status == 304);
        CHECK(asked("If-None-Match: " + value + "\r\n", "HEAD").status == 304);
    }
    CHECK(asked("If-None-Match: \"x\"\r\nIf-None-Match: " + tag + "\r\n").status == 304);
    for (const std::string value : {"\"other\"", "junk", "\"unfinished", "", "\"other\" junk"}) {
        CHECK(asked("If-None-Match: " + value + "\r\n").status == 200);
        CHECK(asked("If-Match: " + value + "\r\n").status == 412);
    }
    CHECK(asked("If-Match: \"other\", " + tag + "\r\n").status == 200);
    CHECK(asked("If-Match: *\r\n").status == 200);
    CHECK(asked("If-Match: W/" + tag + "\r\n").status == 412);
    CHECK(asked("If-Match: " + tag + "\r\n", "GET", a_file, a_file.changed).status == 412);  // too young to be strong
    CHECK(asked("If-None-Match: " + tag + "\r\n", "GET", a_file, a_file.changed).status == 304);
}

TEST_CASE("dates count where no tag does") {
    const std::string same = "Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    const std::string before = "Sun, 06 Nov 1994 08:49:36 GMT\r\n";
    CHECK(asked("If-Modified-Since: " + same).status == 304);
    CHECK(asked("If-Modified-Since: Sunday, 06-Nov-94 08:49:38 GMT\r\n").status == 304);
    CHECK(asked("If-Modified-Since: " + before).status == 200);
    CHECK(asked("If-Modified-Since: yesterday\r\n").status == 200);
    CHECK(asked("If-Unmodified-Since: " + same).status == 200);
    CHECK(asked("If-Unmodified-Since: " + before).status == 412);
    CHECK(asked("If-Unmodified-Since: yesterday\r\n").status == 200);
    CHECK(asked("If-None-Match: \"other\"\r\nIf-Modified-Since: " + same).status == 200);
    CHECK(asked("If-Match: *\r\nIf-Unmodified-Since: " + before).status == 200);
    CHECK(asked("If-Match: \"x\"\r\nIf-None-Match: *\r\n").status == 412);  // that one goes first
}

TEST_CASE("a file that took the place of a newer one is not the one of before") {
    const FileStamp older{1, 3, 1'000, (modified - 100) * second, (modified + 60) * second};
    const std::string of_newer = "Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    const std::string own = "Sun, 06 Nov 1994 08:47:57 GMT\r\n";
    const std::string later = "Sun, 06 Nov 1994 08:50:38 GMT\r\n";  // than its last change
    CHECK(asked("If-Modified-Since: " + of_newer, "GET", older).status == 200);
    CHECK(asked("If-Modified-Since: " + own, "GET", older).status == 304);
    CHECK(asked("If-Modified-Since: " + later, "GET", older).status == 304);
    CHECK(asked("If-Unmodified-Since: " + of_newer, "GET", older).status == 412);
    CHECK(asked("If-Unmodified-Since: " + own, "GET", older).status == 200);
}

TEST_CASE("a time that archives give to every file is not a valid date") {
    const std::int64_t day = 24 * 3'600;
    const std::int64_t earliest = limits::files_earliest_date.count();
    for (const std::int64_t time : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-day}, std::int64_t{315'532'800},
                                    std::int64_t{499'162'500}, earliest - 1}) {
        INFO(time);
        const FileStamp stamp{1, 2, 1'000, time * second, modified * second};
        const auto date = http::date_text(time);
        const std::string since = std::string(date.data(), date.size()) + "\r\n";
        CHECK(asked("If-Modified-Since: " + since, "GET", stamp).status == 200);
        CHECK(asked("If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n", "GET", stamp).status == 200);
        CHECK(asked("If-Unmodified-Since: " + since, "GET", stamp).status == 200);
        CHECK(summary(asked("Range: bytes=0-0\r\nIf-Range: " + since, "GET", stamp)) == "200 0+1000");
        const Answer answer = asked("If-None-Match: " + tag_of(stamp) + "\r\n", "GET", stamp);
        CHECK(answer.status == 304);
        CHECK(written_head(answer, false, http::Version::http11, true).find("Last-Modified") == std::string::npos);
    }
    const FileStamp first{1, 2, 1'000, earliest * second, modified * second};
    CHECK(asked("If-Modified-Since: Mon, 01 Jan 1990 00:00:00 GMT\r\n", "GET", first).status == 304);
}

TEST_CASE("one range is sent as a part") {
    const auto range = [](const std::string& value) { return summary(asked("Range: " + value + "\r\n")); };
    CHECK(range("bytes=0-0") == "206 0+1");
    CHECK(range("bytes=10-19") == "206 10+10");
    CHECK(range("BYTES=10-19") == "206 10+10");
    CHECK(range("bytes= 10-19 ,") == "206 10+10");
    CHECK(range("bytes=990-") == "206 990+10");
    CHECK(range("bytes=990-99999999999999999999999999") == "206 990+10");
    CHECK(range("bytes=-10") == "206 990+10");
    CHECK(range("bytes=-99999999999999999999999999") == "206 0+1000");
    CHECK(range("bytes=0-999") == "206 0+1000");
    CHECK(asked("Range: bytes=10-19\r\n").content_range == "bytes 10-19/1000");
}

TEST_CASE("a range behind the end is refused, others that do not fit are ignored") {
    for (const char* value : {"bytes=1000-", "bytes=1000-1001", "bytes=99999999999999999999999-", "bytes=-0"}) {
        INFO(value);
        const Answer answer = asked("Range: " + std::string(value) + "\r\n");
        CHECK(answer.status == 416);
        CHECK(answer.content_range == "bytes */1000");
        CHECK(answer.length == 0);
    }
    for (const char* value : {"bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1", "bytes=1-2-3",
                              "bytes=0-1,5-6", "bytes=+1-2", "bytes=1 -2", "lines=0-1", "bytes 0-1", "0-1"}) {
        INFO(value);
        CHECK(summary(asked("Range: " + std::string(value) + "\r\n")) == "200 0+1000");
    }
    CHECK(summary(asked("Range: bytes=0-1\r\nRange: bytes=2-3\r\n")) == "200 0+1000");
    CHECK(summary(asked("Range: bytes=0-1\r\n", "HEAD")) == "200 0+1000");
    CHECK(asked("Range: bytes=0-\r\n", "GET", {1, 2, 0, 0, 0}).status == 416);
    CHECK(asked("Range: bytes=-5\r\n", "GET", {1, 2, 0, 0, 0}).status == 416);
}

TEST_CASE("If-Range lets a range through for this very state alone") {
    const std::string tag = tag_of(a_file);
    const auto with = [](const std::string& value, std::int64_t now = long_after) {
        return asked("Range: bytes=0-9\r\nIf-Range: " + value + "\r\n", "GET", a_file, now).status;
    };
    CHECK(with(tag) == 206);
    CHECK(with("W/" + tag) == 200);
    CHECK(with("\"other\"") == 200);
    CHECK(with(tag + ", \"other\"") == 200);
    CHECK(with("Sun, 06 Nov 1994 08:49:37 GMT") == 206);
    CHECK(with("Sun, 06 Nov 1994 08:49:38 GMT") == 200);
    CHECK(with("junk") == 200);
    CHECK(with(tag, a_file.changed) == 200);
    CHECK(with("Sun, 06 Nov 1994 08:49:37 GMT", a_file.changed) == 200);
}

TEST_CASE("heads are written with what belongs to the answer") {
    const std::string tag = tag_of(a_file);
    const auto head = [](const Answer& answer, bool is_head = false, bool keep_alive = true) {
        return written_head(answer, is_head, http::Version::http11, keep_alive);
    };
    CHECK(
        head(asked("Range: bytes=0-9\r\n")) ==
        "HTTP/1.1 206 Partial Content\r\nX-Content-Type-Options: nosniff\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Range: bytes 0-9/1000\r\nETag: " +
            tag +
            "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nAccept-Ranges: bytes\r\nContent-Length: 10\r\n\r\n");
    CHECK(head(asked("If-None-Match: *\r\n")) ==
          "HTTP/1.1 304 Not Modified\r\nX-Content-Type-Options: nosniff\r\nETag: " + tag +
              "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nAccept-Ranges: bytes\r\n\r\n");
    CHECK_THAT(head(asked("", "HEAD"), true), Catch::Contains("Content-Length: 1000\r\n"));
    CHECK(head(answer_with_status(405), false, false) ==
          "HTTP/1.1 405 Method Not Allowed\r\nX-Content-Type-Options: nosniff\r\n"
          "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nAllow: GET, HEAD, OPTIONS\r\n"
          "Content-Length: 23\r\nConnection: close\r\n\r\n");
    CHECK_THAT(head(answer_with_status(503)), Catch::Contains("Retry-After: 5\r\n"));
    CHECK_THAT(head(answer_with_status(204)), !Catch::Contains("\r\nContent-"));
}

TEST_CASE("a folder without its slash leads to the one with it, by a relative reference") {
    const auto location = [](const std::string& target) {
        const ParsedRequest request("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
        return answer_with_slash_redirect(request.head().target).location;
    };
    CHECK(location("/docs") == "./docs/");
    CHECK(location("/a/b%20c?x=1&y=//e") == "./b%20c/?x=1&y=//e");
    CHECK(location("/javascript:x") == "./javascript:x/");
    const ParsedRequest longest("GET /" + std::string(8'000, 'n') + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const Answer answer = answer_with_slash_redirect(longest.head().target);
    CHECK_THAT(written_head(answer, false, http::Version::http11, true), Catch::Contains("\r\n\r\n"));
}

TEST_CASE("a file's type is that of its extension, in any case") {
    CHECK(content_type_of("index.html") == "text/html; charset=utf-8");
    CHECK(content_type_of("A.JPEG") == "image/jpeg");
    CHECK(content_type_of("site.webmanifest") == "application/manifest+json");
    CHECK(content_type_of("a.tar.gz") == "application/gzip");
    for (const char* name : {"README", "a.", "html", "a.htmlx", "a.unknown-extension", "", "a.webmanifestx"}) {
        CHECK(content_type_of(name) == "application/octet-stream");
    }
}
