#include "common/http_question.hpp"

#include <exception>
#include <new>
#include <utility>

namespace ferrotunnel::plugins {
namespace {

constexpr std::size_t head_max = 64 * 1024;

std::string_view trimmed(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    return text;
}

/// The status of "HTTP/1.1 200 OK"; 0: it is none.
std::uint16_t status_of(std::string_view line) {
    const std::size_t blank = line.find(' ');
    unsigned status = 0;
    if (blank == std::string_view::npos || line.size() < blank + 4) {
        return 0;
    }
    for (const char c : line.substr(blank + 1, 3)) {
        if (c < '0' || c > '9') {
            return 0;
        }
        status = status * 10 + static_cast<unsigned>(c - '0');
    }
    return static_cast<std::uint16_t>(status);
}

}  // namespace

HttpClient::Asked::Asked(HttpQuestion asked, Done then, bool is_told)
    : question(std::move(asked)),
      done(std::move(then)),
      is_notice(is_told),
      deadline(std::chrono::steady_clock::now() + question.timeout) {}

HttpClient::Asked::~Asked() {
    if (handle != nullptr) {
        curl_easy_cleanup(handle);
    }
    curl_slist_free_all(lines);
}

bool HttpClient::Asked::prepare() {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    handle = left.count() > 0 ? curl_easy_init() : nullptr;
    if (handle == nullptr) {
        return false;
    }
    std::vector<plugin::Field> fields = question.fields;
    fields.push_back({"User-Agent", "ferrotunnel"});
    for (const plugin::Field& field : fields) {
        // libcurl writes "Name;" for a field without a value, and leaves "Name:" out.
        const std::string line = field.value.empty() ? field.name + ";" : field.name + ": " + field.value;
        curl_slist* const longer = curl_slist_append(lines, line.c_str());
        if (longer == nullptr) {
            return false;
        }
        lines = longer;
    }
    bool set = true;
    const auto option = [this, &set](CURLoption name, auto value) {
        set = set && curl_easy_setopt(handle, name, value) == CURLE_OK;
    };
    option(CURLOPT_URL, question.url.c_str());
    option(CURLOPT_PROTOCOLS_STR, "http,https");
    option(CURLOPT_NOSIGNAL, 1L);
    option(CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs must not hold up those who are asked meanwhile
    option(CURLOPT_PROXY, "");
    option(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    option(CURLOPT_HTTPHEADER, lines);
    option(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    option(CURLOPT_HEADERFUNCTION, &take_line);
    option(CURLOPT_HEADERDATA, static_cast<void*>(this));
    option(CURLOPT_WRITEFUNCTION, &take_body);
    option(CURLOPT_WRITEDATA, static_cast<void*>(this));
    option(CURLOPT_PRIVATE, static_cast<void*>(this));
    if (question.body) {
        option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(question.body->size()));
        option(CURLOPT_POSTFIELDS, question.body->data());  // not copied
    }
    if (!question.ca_file.empty()) {
        option(CURLOPT_CAINFO, question.ca_file.c_str());
    }
    return set;
}

void HttpClient::Asked::finish(CURLcode result) {
    if (answer.body_too_long) {
        answer.body.clear();
    } else if (result != CURLE_OK) {
        answer.error = curl_easy_strerror(result);
    } else if (answer.status == 0) {
        answer.error = "the answer has no head";
    }
    done(answer);
}

void HttpClient::Asked::end_displaced() noexcept {
    answer.is_displaced = true;
    try {
        try {
            answer.error = "too many questions wait";
        } catch (const std::bad_alloc&) {
            answer.error = "no memory";  // short enough to need none
        }
        done(answer);
    } catch (const std::exception&) {  // no memory: `done` goes, and with it what it owes
    }
}

bool HttpClient::Asked::on_line(std::string_view line) {
    head_size += line.size();
    if (head_size > head_max) {
        return false;
    }
    if (answer.status != 0) {
        return true;  // a trailer
    }
    if (line.starts_with("HTTP/")) {
        status_read = status_of(line);
        answer.fields.clear();
        return status_read >= 100;
    }
    if (line == "\r\n" || line == "\n") {
        answer.status = status_read >= 200 ? status_read : std::uint16_t(0);
        return true;
    }
    if (line.front() == ' ' || line.front() == '\t') {
        if (!folded && !answer.fields.empty()) {
            answer.fields.pop_back();
        }
        folded = true;
        return true;
    }
    folded = false;
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
        answer.fields.push_back({std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
    }
    return true;
}

bool HttpClient::Asked::on_body(std::string_view piece) {
    answer.body_too_long = piece.size() > question.body_max - answer.body.size();
    if (!answer.body_too_long) {
        answer.body.append(piece);
    }
    return !answer.body_too_long;
}

std::size_t HttpClient::Asked::take_line(char* data, std::size_t size, std::size_t count, void* asked) noexcept {
    try {
        return static_cast<Asked*>(asked)->on_line({data, size * count}) ? size * count : 0;
    } catch (const std::exception&) {  // no memory
        return 0;
    }
}

std::size_t HttpClient::Asked::take_body(char* data, std::size_t size, std::size_t count, void* asked) noexcept {
    try {
        return static_cast<Asked*>(asked)->on_body({data, size * count}) ? size * count : 0;
    } catch (const std::exception&) {  // no memory
        return 0;
    }
}

}  // namespace ferrotunnel::plugins
