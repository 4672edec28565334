#include "common/http_client.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "common/base64.hpp"
#include "common/scope_exit.hpp"

namespace ferrotunnel::plugins {
namespace {

using Clock = std::chrono::steady_clock;

/// A URL and its credentials.
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
    if (is_unix_url(url)) {
        return {std::string(url), {}};
    }
    const std::size_t scheme = url.find("://");
    const std::size_t host = scheme == std::string_view::npos ? url.size() : scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
    const std::size_t mark = url.substr(0, end).rfind('@');
    if (mark == std::string_view::npos || mark < host) {
        return {std::string(url), {}};
    }
    std::string credentials = decoded(url.substr(host, mark - host));
    if (credentials.find(':') == std::string::npos) {
        credentials += ':';  // a name without a password (RFC 7617)
    }
    return {std::string(url.substr(0, host)) + std::string(url.substr(mark + 1)), std::move(credentials)};
}

// Moves the question's parts: it is sent once.
plugin::FetchRequest request_of(HttpRequest&& question, std::chrono::milliseconds left) {
    Address address = address_of(question.url);
    plugin::FetchRequest request;
    request.url = std::move(address.url);
    request.method = question.body ? "POST" : "GET";
    request.fields = std::move(question.fields);
    const bool has_own = std::any_of(request.fields.begin(), request.fields.end(),
                                     [](const plugin::Field& field) { return same_name(field.name, "Authorization"); });
    if (!address.credentials.empty() && !has_own) {
        request.fields.push_back({"Authorization", "Basic " + encode_base64(address.credentials)});
    }
    request.body = std::move(question.body);
    request.may_repeat = true;
    request.timeout = left;
    request.body_max = question.body_max;
    request.ca_file = std::move(question.ca_file);
    return request;
}

HttpResponse answer_of(plugin::FetchResponse&& response) {
    HttpResponse answer;
    static_cast<plugin::FetchResponse&>(answer) = std::move(response);
    return answer;
}

HttpResponse failure(const char* why) {
    HttpResponse answer;
    try {
        answer.error = why;
    } catch (const std::bad_alloc&) {
        answer.error = "no memory";  // short enough not to allocate
    }
    return answer;
}

}  // namespace

/// A request's place among the running ones, held until all its parts are gone.
class HttpClient::Place {
public:
    Place(HttpClient& client, bool is_notice) noexcept : client_(client), is_notice_(is_notice) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { free(); }
    void free() noexcept {
        if (!std::exchange(is_free_, true)) {
            client_.release_slot(is_notice_);
        }
    }

private:
    HttpClient& client_;
    const bool is_notice_;
    bool is_free_ = false;
};

struct HttpClient::PendingRequest {
    PendingRequest(HttpRequest pending, Done then, bool is_told, std::chrono::milliseconds timeout)
        : question(std::move(pending)), done(std::move(then)), is_notice(is_told), deadline(Clock::now() + timeout) {}

    HttpRequest question;
    Done done;
    const bool is_notice;
    const Clock::time_point deadline;
};

HttpClient::HttpClient(std::size_t running_max, std::size_t waiting_max, std::chrono::milliseconds timeout)
    : running_max_(running_max), waiting_max_(waiting_max), timeout_(timeout) {}

// The fetcher's thread may start another request until it has stopped.
HttpClient::~HttpClient() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    if (fetcher_ != nullptr) {
        fetcher_->stop();
    }
}

bool HttpClient::ask(Share share, HttpRequest question, Done done) {
    auto pending = std::make_shared<PendingRequest>(std::move(question), std::move(done), false, timeout_);
    std::optional<std::shared_ptr<PendingRequest>> displaced;
    const ScopeExit tell_displaced([&displaced] {
        if (displaced) {
            HttpResponse answer = failure("too many requests wait");
            answer.is_displaced = true;
            try {
                (*displaced)->done(answer);
            } catch (const std::exception&) {  // no memory: `done` is destroyed, with its pending decision
            }
        }
    });
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            return false;
        }
        make_fetcher();
        if (requests_ >= running_max_ + waiting_max_) {
            displaced = waiting_.make_room(share);
            if (!displaced) {
                return false;
            }
            --requests_;
        }
        waiting_.push(share, pending);
        ++requests_;
    }
    return start(pending);
}

bool HttpClient::tell(HttpRequest notice, Done done) {
    auto pending = std::make_shared<PendingRequest>(std::move(notice), std::move(done), true, timeout_);
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            return false;
        }
        make_fetcher();
        notices_.push_back(pending);
    }
    return start(pending);
}

// With the lock held.
void HttpClient::make_fetcher() {
    if (fetcher_ == nullptr) {
        fetcher_ = std::make_unique<plugin::Fetcher>();
    }
}

// Starts what may run, now that `pending` waits as well. False if the host does not accept it.
bool HttpClient::start(const std::shared_ptr<PendingRequest>& pending) {
    const bool is_taken = begin_waiting(pending);
    watch_waiting();
    return is_taken;
}

void HttpClient::end_expired() {
    std::vector<std::shared_ptr<PendingRequest>> expired;
    {
        const std::lock_guard lock(mutex_);
        take_expired(expired);
        requests_ -= static_cast<std::size_t>(
            std::count_if(expired.begin(), expired.end(), [](const auto& each) { return !each->is_notice; }));
    }
    for (const std::shared_ptr<PendingRequest>& each : expired) {
        end(*each, failure("there was no response in time"));
    }
}

// Returns whether `mine` was started, if its turn has come.
bool HttpClient::begin_waiting(const std::shared_ptr<PendingRequest>& mine) {
    bool is_fine = true;
    while (const std::shared_ptr<PendingRequest> pending = next()) {
        if (begin(pending)) {
            continue;
        }
        if (pending == mine) {
            is_fine = false;
        } else {
            end(*pending, failure("the request cannot be sent now"));
        }
    }
    return is_fine;
}

std::shared_ptr<HttpClient::PendingRequest> HttpClient::next() {
    const std::lock_guard lock(mutex_);
    if (stopping_ || running_ == running_max_ || !has_waiting()) {
        return nullptr;
    }
    ++running_;
    return take_next();
}

void HttpClient::release_slot(bool is_notice) noexcept {
    const std::lock_guard lock(mutex_);
    --running_;
    requests_ -= is_notice ? 0 : 1;
}

// Expired requests end on the fetcher's thread: the caller of ask() may hold a lock that the `done` of another needs.
void HttpClient::watch_waiting() {
    Clock::time_point first;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || is_watched_ || !has_waiting()) {
            return;
        }
        is_watched_ = true;
        first = first_deadline();
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now());
    bool is_set = false;
    try {
        is_set = fetcher_->call_after(left, [this] {
            unwatch();
            end_expired();
            begin_waiting(nullptr);
            watch_waiting();
        });
    } catch (const std::exception&) {  // no memory
    }
    if (!is_set) {
        unwatch();  // the next request tries again
    }
}

void HttpClient::unwatch() noexcept {
    const std::lock_guard lock(mutex_);
    is_watched_ = false;
}

// With the lock held, and something waiting.
std::chrono::steady_clock::time_point HttpClient::first_deadline() const {
    auto first = Clock::time_point::max();
    if (const std::shared_ptr<PendingRequest>* const oldest = waiting_.oldest()) {
        first = (*oldest)->deadline;
    }
    return notices_.empty() ? first : std::min(first, notices_.front()->deadline);
}

// With the lock held: removes requests that have expired while waiting.
void HttpClient::take_expired(std::vector<std::shared_ptr<PendingRequest>>& into) {
    const Clock::time_point now = Clock::now();
    while (waiting_.oldest() != nullptr && (*waiting_.oldest())->deadline <= now) {
        into.push_back(waiting_.pop_oldest());
    }
    while (!notices_.empty() && notices_.front()->deadline <= now) {
        into.push_back(std::move(notices_.front()));
        notices_.pop_front();
    }
}

// With the lock held.
std::shared_ptr<HttpClient::PendingRequest> HttpClient::take_next() {
    const bool is_notice = !notices_.empty() && (is_turn_of_notice_ || waiting_.empty());
    is_turn_of_notice_ = !is_notice;
    if (!is_notice) {
        return waiting_.pop();
    }
    std::shared_ptr<PendingRequest> notice = std::move(notices_.front());
    notices_.pop_front();
    return notice;
}

// False if the host does not accept it.
bool HttpClient::begin(const std::shared_ptr<PendingRequest>& pending) {
    std::shared_ptr<Place> place;
    try {
        place = std::make_shared<Place>(*this, pending->is_notice);
    } catch (const std::bad_alloc&) {
        release_slot(pending->is_notice);
        return false;
    }
    try {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(pending->deadline - Clock::now());
        return fetcher_->fetch(request_of(std::move(pending->question), left),
                               [this, pending, place](plugin::FetchResponse& response) {
                                   place->free();  // before `done`, which may send another request at once
                                   end(*pending, answer_of(std::move(response)));
                                   begin_waiting(nullptr);
                               });
    } catch (const std::exception&) {  // no memory
        return false;
    }
}

void HttpClient::end(PendingRequest& pending, const HttpResponse& answer) noexcept {
    try {
        pending.done(answer);
    } catch (const std::exception&) {  // no memory: `done` is destroyed, with its pending decision
    }
}

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == (y >= 'A' && y <= 'Z' ? y - 'A' + 'a' : y);
    });
}

bool is_reserved_field(std::string_view name) {
    constexpr std::array<std::string_view, 10> names{
        "Connection", "Upgrade",         "Expect",     "TE",    "Trailer",
        "Keep-Alive", "Accept-Encoding", "User-Agent", "Range", "Proxy-Authorization"};
    return same_name(name.substr(0, 8), "Content-") ||
           std::any_of(names.begin(), names.end(), [name](std::string_view each) { return same_name(name, each); });
}

bool is_unix_url(std::string_view url) noexcept {
    return url.starts_with("unix:");
}

std::string url_fault(std::string_view url) {
    return plugin::url_fault(address_of(url).url);
}

}  // namespace ferrotunnel::plugins
