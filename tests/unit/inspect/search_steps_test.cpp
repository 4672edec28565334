// Searches of hostile texts end, and walk over the text once: each step of a search advances.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <ctime>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "inspect/masked_text.hpp"
#include "inspect/secrets.hpp"

using namespace ferrotunnel::inspect;

namespace {

const Secrets usual_words;

// SIGALRM ends the program if a search does not return. All searches here together need well below a second.
struct Watchdog {
    Watchdog() { ::alarm(120); }
    ~Watchdog() { ::alarm(0); }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
};

constexpr std::array<std::string_view, 50> pieces{
    "<",       ">",        "/",      "\"",       "'",
    "=",       "&",        "?",      ";",        ":",
    "{",       "}",        "[",      "]",        "(",
    ")",       "%",        "$",      "\\",       " ",
    "\n",      "\r\n",     "-",      ",",        "!--",
    "-->",     "![CDATA[", "]]>",    "</",       "://",
    "@",       "|",        "#",      "<script>", "</script>",
    "<style>", "script",   "html",   "password", "token",
    "name",    "value",    "keys",   "textarea", "input",
    "type",    "%22",      "&quot;", "--b\r\n",  "Content-Type: a\r\n\r\n"};

void search_in_all_ways(const std::string& text) {
    for (const char* type :
         {"", "text/html", "text/javascript", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"}) {
        INFO(type << ": " << text);
        CHECK(masked_body(text, type, usual_words).text.size() <= 2 * text.size() + 64);
    }
    (void)masked_url(text, usual_words);
}

std::string repeated(std::string_view piece, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        text += piece;
    }
    return text;
}

// The CPU time of the fastest of three searches, in clock ticks.
std::clock_t cost_of(const std::string& text) {
    std::clock_t least = std::numeric_limits<std::clock_t>::max();
    for (int i = 0; i < 3; ++i) {
        const std::clock_t begin = std::clock();
        (void)masked_text(text, usual_words);
        least = std::min(least, std::clock() - begin);
    }
    return least;
}

}  // namespace

TEST_CASE("a program in HTML ends at its own end tag, whatever stands right at its begin", "[inspect]") {
    const Watchdog watchdog;
    const std::string page = R"(<html><script></b>s = {"token":"hunter2"}</script><p a="/?pin=1"></html>)";
    CHECK(masked_body(page, "text/html", usual_words).text ==
          R"(<html><script></b>s = {"token":"***"}</script><p a="/?pin=***"></html>)");
    for (const char* text : {"<html><script></b></script></html>", "<html><style></b></style></html>",
                             "<html><script></b>:", "<html><script></", "<html><style></", "<html><script></</</"}) {
        INFO(text);
        CHECK(masked_text(text, usual_words).text == text);
        CHECK(masked_body(text, "text/html", usual_words).text == text);
    }
}

TEST_CASE("searches of random texts out of special characters end", "[inspect]") {
    const Watchdog watchdog;
    std::mt19937 random(42);  // the same texts each time
    const auto below = [&](std::size_t end) { return random() % end; };
    for (int i = 0; i < 20'000; ++i) {
        std::string text(i % 4 == 0 ? "<html>" : i % 4 == 1 ? "<a>" : "");
        for (std::size_t left = 1 + below(16); left > 0; --left) {
            text += pieces[below(pieces.size())];
        }
        search_in_all_ways(text);
    }
}

// A search that looks at the rest of the text, or at the nested text, once for each of these costs hundreds of times
// as much as one walk.
TEST_CASE("what hostile texts cost is near to what plain ones of the same size do", "[inspect]") {
    const Watchdog watchdog;
    constexpr std::size_t size = 131'072;
    const auto nested = [&](std::string_view piece, std::string_view tail) {
        return repeated(piece, 250 * piece.size()) + repeated(tail, size) + std::string(250, '}');
    };
    const std::string words = repeated("ab ", size);
    const std::clock_t plain = std::max({cost_of(repeated("?kexs=[{", size)), cost_of(nested("{\"nbme\":", "a-")),
                                         cost_of("{\"name\":\"" + words + "\"}")});
    const std::array<std::string, 16> hostile{
        repeated("?keys=[{", size),
        repeated(";keys=[{", size),
        repeated("&tokens=1?", size),
        nested("{\"name\":", "a-"),
        nested("{\"name\":", " "),
        nested("{\"value\":", "a "),
        repeated("{\"name\":", 2'000) + std::string(size, ' '),
        "{\"name\":\"" + words + "password\"" + repeated(",\"value\":1", 2'000) + "}",
        "<a>" + repeated("<name>pin</name><a>", size),
        repeated("<textarea name=pin></", size),
        repeated("\"a\"b", size),
        repeated(" '\"a'b", size),
        repeated("(pin: $a", size),
        "(pin: $" + repeated("a", size),
        "<a>" + repeated("<name>a</", size),
        repeated("'\\", size)};
    for (const std::string& text : hostile) {
        INFO(text.substr(0, 40) << ", plain: " << plain);
        CHECK(cost_of(text) <= 20 * plain);
    }
}
