#include "common/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "common/at_end.hpp"
#include "common/http_question.hpp"

namespace ferrotunnel::plugins {

/// What the client's thread does.
class HttpClient::Loop {
public:
    explicit Loop(HttpClient& client) : client_(client), multi_(client.multi_) {}
    ~Loop() {
        for (const auto& [handle, asked] : running_) {
            curl_multi_remove_handle(multi_, handle);
        }
    }

    void run() {
        while (take_waiting()) {
            int count = 0;
            curl_multi_perform(multi_, &count);
            finish_ended();
            curl_multi_poll(multi_, nullptr, 0, pause_ms_, nullptr);  // a wakeup ends it
        }
    }

private:
    /// Starts what may run, and ends what has waited for too long. False: the client ends.
    bool take_waiting() {
        std::vector<std::unique_ptr<Asked>> next;
        {
            const std::lock_guard lock(client_.mutex_);
            if (client_.ends_) {
                return false;
            }
            const auto now = std::chrono::steady_clock::now();
            take_expired(next, now);
            for (std::size_t places = client_.running_max_ - running_.size(); places > 0 && client_.has_waiting();
                 --places) {
                next.push_back(client_.take_next());
            }
            pause_ms_ = pause_until(first_deadline(now) - now);
        }
        for (std::unique_ptr<Asked>& asked : next) {
            CURL* const handle = asked->prepare() ? asked->handle : nullptr;
            if (handle == nullptr || curl_multi_add_handle(multi_, handle) != CURLM_OK) {
                end(*asked, CURLE_OPERATION_TIMEDOUT);
                continue;
            }
            running_.emplace(handle, std::move(asked));
        }
        return true;
    }
    void finish_ended() {
        int left = 0;
        bool has_ended = false;
        while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) {
                continue;
            }
            const CURLcode result = message->data.result;
            const auto found = running_.find(message->easy_handle);
            curl_multi_remove_handle(multi_, message->easy_handle);
            const std::unique_ptr<Asked> asked = std::move(found->second);
            running_.erase(found);
            end(*asked, result);
            has_ended = true;
        }
        if (has_ended) {
            curl_multi_wakeup(multi_);  // others may run in their places
        }
    }
    /// Until the first of those that wait has waited for too long.
    static int pause_until(std::chrono::steady_clock::duration left) {
        const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        return static_cast<int>(std::min<std::int64_t>(whole, longest_ms));
    }
    // With the lock: those whose time is over while they wait. The questions of one client have one timeout, or nearly.
    void take_expired(std::vector<std::unique_ptr<Asked>>& into, std::chrono::steady_clock::time_point now) const {
        while (client_.waiting_.oldest() != nullptr && (*client_.waiting_.oldest())->deadline <= now) {
            into.push_back(client_.waiting_.pop_oldest());
        }
        while (!client_.notices_.empty() && client_.notices_.front()->deadline <= now) {
            into.push_back(std::move(client_.notices_.front()));
            client_.notices_.pop_front();
        }
    }
    std::chrono::steady_clock::time_point first_deadline(std::chrono::steady_clock::time_point now) const {
        auto first = now + std::chrono::milliseconds(longest_ms);
        if (const std::unique_ptr<Asked>* const question = client_.waiting_.oldest()) {
            first = std::min(first, (*question)->deadline);
        }
        return client_.notices_.empty() ? first : std::min(first, client_.notices_.front()->deadline);
    }
    /// Frees the place before `done`, which may ask again at once.
    void end(Asked& asked, CURLcode result) noexcept {
        if (!asked.is_notice) {
            const std::lock_guard lock(client_.mutex_);
            --client_.questions_;
        }
        try {
            asked.finish(result);
        } catch (const std::exception&) {  // no memory: `done` goes, and with it what it owes
        }
    }

    static constexpr int longest_ms = 1'000;

    HttpClient& client_;
    CURLM* const multi_;
    int pause_ms_ = longest_ms;
    std::unordered_map<CURL*, std::unique_ptr<Asked>> running_;
};

HttpClient::HttpClient(std::size_t running_max, std::size_t waiting_max)
    : running_max_(running_max), waiting_max_(waiting_max) {
    static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    multi_ = is_ready ? curl_multi_init() : nullptr;
    if (multi_ == nullptr) {
        throw std::runtime_error("libcurl cannot be used");
    }
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(running_max));
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

HttpClient::~HttpClient() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    curl_multi_wakeup(multi_);
    if (thread_.joinable()) {
        thread_.join();
    }
    waiting_ = {};
    notices_.clear();
    curl_multi_cleanup(multi_);
}

void HttpClient::begin_thread() {
    if (!thread_.joinable()) {
        thread_ = std::thread([this] { Loop(*this).run(); });
    }
}

// With the lock.
std::unique_ptr<HttpClient::Asked> HttpClient::take_next() {
    const bool is_notice = !notices_.empty() && (is_turn_of_notice_ || waiting_.empty());
    is_turn_of_notice_ = !is_notice;
    if (!is_notice) {
        return waiting_.pop();
    }
    std::unique_ptr<Asked> notice = std::move(notices_.front());
    notices_.pop_front();
    return notice;
}

bool HttpClient::ask(Share share, HttpQuestion question, Done done) {
    auto asked = std::make_unique<Asked>(std::move(question), std::move(done), false);
    std::optional<std::unique_ptr<Asked>> displaced;
    const AtEnd tell_displaced([&displaced] {
        if (displaced) {
            (*displaced)->end_displaced();
        }
    });
    {
        const std::lock_guard lock(mutex_);
        if (ends_) {
            return false;
        }
        begin_thread();
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
    curl_multi_wakeup(multi_);
    return true;
}

bool HttpClient::tell(HttpQuestion notice, Done done) {
    auto asked = std::make_unique<Asked>(std::move(notice), std::move(done), true);
    {
        const std::lock_guard lock(mutex_);
        if (ends_) {
            return false;
        }
        begin_thread();
        notices_.push_back(std::move(asked));
    }
    curl_multi_wakeup(multi_);
    return true;
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
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), &curl_url_cleanup);
    const std::string text(url);
    if (parts == nullptr || curl_url_set(parts.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
        return "is not a valid URL; expected one like http://127.0.0.1:9091/verify";
    }
    if (text.find('\0') != std::string::npos || (!url.starts_with("http://") && !url.starts_with("https://"))) {
        return "is not a URL that can be asked; it begins with http:// or https://";
    }
    return {};
}

}  // namespace ferrotunnel::plugins
