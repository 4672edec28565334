#include "common/http_client.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "common/at_end.hpp"
#include "common/base64.hpp"

namespace ferrotunnel::plugins {
namespace {

using Clock = std::chrono::steady_clock;

/// A URL, and the credentials that stood in it.
struct Address {
    std::string url;
    std::string credentials;  // empty: none
};

std::string decoded(std::string_view text) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && is_digit(text[i + 1]) && is_digit(text[i + 2])) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

Address address_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t host = scheme == std::string_view::npos ? url.size() : scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
    const std::size_t mark = url.substr(0, end).rfind('@');
    if (mark == std::string_view::npos || mark < host) {
        return {std::string(url), {}};
    }
    return {std::string(url.substr(0, host)) + std::string(url.substr(mark + 1)),
            decoded(url.substr(host, mark - host))};
}

plugin::FetchRequest request_of(const HttpQuestion& question, std::chrono::milliseconds left) {
    Address address = address_of(question.url);
    plugin::FetchRequest request;
    request.url = std::move(address.url);
    request.method = question.body ? "POST" : "GET";
    request.fields = question.fields;
    if (!address.credentials.empty()) {
        request.fields.push_back({"Authorization", "Basic " + encode_base64(address.credentials)});
    }
    request.body = question.body;
    request.may_repeat = true;
    request.timeout = left;
    request.body_max = question.body_max;
    request.ca_file = question.ca_file;
    return request;
}

HttpAnswer answer_of(const plugin::FetchResponse& response) {
    HttpAnswer answer;
    answer.status = response.status;
    answer.fields = response.fields;
    answer.body = response.body;
    answer.body_too_long = response.is_too_long;
    answer.error = response.error;
    return answer;
}

HttpAnswer failure(const char* why) {
    HttpAnswer answer;
    try {
        answer.error = why;
    } catch (const std::bad_alloc&) {
        answer.error = "no memory";  // short enough to need none
    }
    return answer;
}

}  // namespace

struct HttpClient::Asked {
    Asked(HttpQuestion asked, Done then, bool is_told, std::chrono::milliseconds timeout)
        : question(std::move(asked)), done(std::move(then)), is_notice(is_told), deadline(Clock::now() + timeout) {}

    HttpQuestion question;
    Done done;
    const bool is_notice;
    const Clock::time_point deadline;
};

HttpClient::HttpClient(std::size_t running_max, std::size_t waiting_max, std::chrono::milliseconds timeout)
    : running_max_(running_max), waiting_max_(waiting_max), timeout_(timeout) {}

// The fetcher's thread may be about to begin another question until it has stopped.
HttpClient::~HttpClient() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    if (fetcher_ != nullptr) {
        fetcher_->stop();
    }
}

bool HttpClient::ask(Share share, HttpQuestion question, Done done) {
    auto asked = std::make_shared<Asked>(std::move(question), std::move(done), false, timeout_);
    std::optional<std::shared_ptr<Asked>> displaced;
    const AtEnd tell_displaced([&displaced] {
        if (displaced) {
            HttpAnswer answer = failure("too many questions wait");
            answer.is_displaced = true;
            try {
                (*displaced)->done(answer);
            } catch (const std::exception&) {  // no memory: `done` goes, and with it what it owes
            }
        }
    });
    const Asked* const mine = asked.get();
    {
        const std::lock_guard lock(mutex_);
        if (ends_) {
            return false;
        }
        if (fetcher_ == nullptr) {
            fetcher_ = std::make_unique<plugin::Fetcher>();
        }
        if (questions_ >= running_max_ + waiting_max_) {
            displaced = waiting_.make_room(share);
            if (!displaced) {
                return false;
            }
            --questions_;
        }
        waiting_.push(share, std::move(asked));
        ++questions_;
    }
    return begin_waiting(mine);
}

bool HttpClient::tell(HttpQuestion notice, Done done) {
    auto asked = std::make_shared<Asked>(std::move(notice), std::move(done), true, timeout_);
    const Asked* const mine = asked.get();
    {
        const std::lock_guard lock(mutex_);
        if (ends_) {
            return false;
        }
        if (fetcher_ == nullptr) {
            fetcher_ = std::make_unique<plugin::Fetcher>();
        }
        notices_.push_back(std::move(asked));
    }
    return begin_waiting(mine);
}

// Not on the thread of one who asks: that may hold what the `done` of another needs.
void HttpClient::end_expired() {
    std::vector<std::shared_ptr<Asked>> expired;
    {
        const std::lock_guard lock(mutex_);
        take_expired(expired);
        questions_ -= static_cast<std::size_t>(
            std::count_if(expired.begin(), expired.end(), [](const auto& each) { return !each->is_notice; }));
    }
    for (const std::shared_ptr<Asked>& each : expired) {
        end(*each, failure("there was no response in time"));
    }
}

// Returns whether `mine` could be begun, if its turn has come.
bool HttpClient::begin_waiting(const Asked* mine) {
    bool is_fine = true;
    while (const std::shared_ptr<Asked> asked = next()) {
        if (begin(asked)) {
            continue;
        }
        free_place(*asked);
        if (asked.get() == mine) {
            is_fine = false;
        } else {
            end(*asked, failure("the request cannot be sent now"));
        }
    }
    return is_fine;
}

std::shared_ptr<HttpClient::Asked> HttpClient::next() {
    const std::lock_guard lock(mutex_);
    if (ends_ || running_ == running_max_ || !has_waiting()) {
        return nullptr;
    }
    ++running_;
    return take_next();
}

void HttpClient::free_place(const Asked& asked) noexcept {
    const std::lock_guard lock(mutex_);
    --running_;
    questions_ -= asked.is_notice ? 0 : 1;
}

// With the lock: those whose time is over while they wait.
void HttpClient::take_expired(std::vector<std::shared_ptr<Asked>>& into) {
    const Clock::time_point now = Clock::now();
    while (waiting_.oldest() != nullptr && (*waiting_.oldest())->deadline <= now) {
        into.push_back(waiting_.pop_oldest());
    }
    while (!notices_.empty() && notices_.front()->deadline <= now) {
        into.push_back(std::move(notices_.front()));
        notices_.pop_front();
    }
}

// With the lock.
std::shared_ptr<HttpClient::Asked> HttpClient::take_next() {
    const bool is_notice = !notices_.empty() && (is_turn_of_notice_ || waiting_.empty());
    is_turn_of_notice_ = !is_notice;
    if (!is_notice) {
        return waiting_.pop();
    }
    std::shared_ptr<Asked> notice = std::move(notices_.front());
    notices_.pop_front();
    return notice;
}

// False: the host does not take it.
bool HttpClient::begin(const std::shared_ptr<Asked>& asked) {
    try {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(asked->deadline - Clock::now());
        return fetcher_->fetch(request_of(asked->question, left), [this, asked](const plugin::FetchResponse& response) {
            free_place(*asked);  // before `done`, which may ask again at once
            end(*asked, answer_of(response));
            end_expired();
            begin_waiting(nullptr);
        });
    } catch (const std::exception&) {  // no memory
        return false;
    }
}

void HttpClient::end(Asked& asked, const HttpAnswer& answer) noexcept {
    try {
        asked.done(answer);
    } catch (const std::exception&) {  // no memory: `done` goes, and with it what it owes
    }
}

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == (y >= 'A' && y <= 'Z' ? y - 'A' + 'a' : y);
    });
}

bool is_of_question(std::string_view name) {
    constexpr std::array<std::string_view, 10> names{
        "Connection", "Upgrade",         "Expect",     "TE",    "Trailer",
        "Keep-Alive", "Accept-Encoding", "User-Agent", "Range", "Proxy-Authorization"};
    return same_name(name.substr(0, 8), "Content-") ||
           std::any_of(names.begin(), names.end(), [name](std::string_view each) { return same_name(name, each); });
}

std::string url_fault(std::string_view url) {
    return plugin::url_fault(address_of(url).url);
}

}  // namespace ferrotunnel::plugins
