// Questions to HTTP servers, which the host sends, with a bound for those that are asked and for those that wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/fair_queue.hpp"
#include "ferrotunnel/plugin.hpp"
#include "ferrotunnel/plugin_fetch.hpp"

namespace ferrotunnel::plugins {

/// A GET, or a POST where there is a body, which may arrive twice. Nothing of the environment counts (proxies, say),
/// and no redirect is followed.
struct HttpQuestion {
    std::string url;                      // http or https, perhaps with "user:password@" in front of the host
    std::vector<plugin::Field> fields{};  // besides Host
    std::size_t body_max = 64 * 1024;
    std::string ca_file{};              // certificates that are trusted; empty: the system's
    std::optional<std::string> body{};  // sent with POST; its Content-Type is one of `fields`
};

/// What came of it.
struct HttpAnswer : plugin::FetchResponse {
    bool is_displaced = false;  // the question was not asked: its place went to one of a smaller share
};

/// Why a URL cannot be asked, in words that follow a key; empty: it can.
std::string url_fault(std::string_view url);

/// Whether two names of fields are the same, in whichever case.
bool same_name(std::string_view a, std::string_view b);
/// Whether a field belongs to the connection, the body or the client of a question, so that no setting may name it.
bool is_of_question(std::string_view name);

/// Connections are kept and used again. All questions have the same time, from ask() on, waiting for a place included.
/// Places and turns of questions that wait are shared (FairQueue).
class HttpClient {
public:
    using Done = std::function<void(const HttpAnswer&)>;

    /// `running_max`: questions at once, each with a connection; `waiting_max`: questions beyond these that may wait
    /// for that; `timeout`: of each. The thread begins with the first question. Control thread.
    HttpClient(std::size_t running_max, std::size_t waiting_max, std::chrono::milliseconds timeout);
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    /// Ends all questions: their `done` is destroyed without being called. Never within `done`, which must not own the
    /// client.
    ~HttpClient();

    /// Calls `done` once, on the client's thread; or on that of another question, which displaces this one. False: no
    /// place is left for this share, or the host does not take it; nothing is kept. Any thread.
    bool ask(Share share, HttpQuestion question, Done done);
    /// The same for a notice, which has no share: notices are bounded by the caller alone, and take turns with
    /// questions. False: the client ends.
    bool tell(HttpQuestion notice, Done done);

private:
    struct Asked;
    class Place;

    bool start(const std::shared_ptr<Asked>& asked);
    bool begin_waiting(const std::shared_ptr<Asked>& mine);
    void watch_waiting();
    void unwatch() noexcept;
    void end_expired();
    std::shared_ptr<Asked> next();
    bool begin(const std::shared_ptr<Asked>& asked);
    void free_place(bool is_notice) noexcept;
    static void end(Asked& asked, const HttpAnswer& answer) noexcept;
    /// With the lock.
    void make_fetcher();
    bool has_waiting() const noexcept { return !notices_.empty() || !waiting_.empty(); }
    std::shared_ptr<Asked> take_next();
    std::chrono::steady_clock::time_point first_deadline() const;
    void take_expired(std::vector<std::shared_ptr<Asked>>& into);

    const std::size_t running_max_;
    const std::size_t waiting_max_;
    const std::chrono::milliseconds timeout_;
    std::mutex mutex_;  // guards what follows
    FairQueue<std::shared_ptr<Asked>> waiting_;
    std::deque<std::shared_ptr<Asked>> notices_;
    std::size_t questions_ = 0;  // that wait or are asked, without notices
    std::size_t running_ = 0;    // with notices
    bool is_turn_of_notice_ = true;
    bool is_watched_ = false;  // the fetcher calls when the first of those that wait is due
    bool ends_ = false;
    std::unique_ptr<plugin::Fetcher> fetcher_;  // null: nothing was asked yet
};

}  // namespace ferrotunnel::plugins
