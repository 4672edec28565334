#include "fetch/plugin_table.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/client.hpp"
#include "fetch/configured_url.hpp"

/// A plugin's handle of a client, which is opaque.
struct ft_fetcher {
    ferrotunnel::fetch::Client client;
};

namespace ferrotunnel::fetch {
namespace {

std::string_view view_of(ft_text text) noexcept {
    return {text.data, text.size};
}
ft_text text_of(std::string_view view) noexcept {
    return {view.data(), view.size()};
}

/// The `user` pointer of a plugin's request; released once, when it is not needed any more.
class User {
public:
    User(void* user, void (*release)(void*)) noexcept : user_(user), release_(release) {}
    User(const User&) = delete;
    User& operator=(const User&) = delete;
    ~User() {
        if (release_ != nullptr) {
            release_(user_);
        }
    }
    void* get() const noexcept { return user_; }

private:
    void* user_;
    void (*release_)(void*);
};

Duration time_of(std::uint64_t ns) noexcept {
    constexpr std::uint64_t longest = 3'600'000'000'000;  // an hour: a limit for what is added to a time
    return std::chrono::nanoseconds(std::min(ns, longest));
}

UrlRequest request_of(const ft_fetch_request& theirs) {
    UrlRequest wanted;
    wanted.url = view_of(theirs.url);
    wanted.ca_file = view_of(theirs.ca_file);
    if (theirs.method.size > 0) {
        wanted.request.method = view_of(theirs.method);
    }
    for (std::size_t i = 0; i < theirs.fields_count; ++i) {
        wanted.request.fields.emplace_back(view_of(theirs.fields[i].name), view_of(theirs.fields[i].value));
    }
    wanted.request.body = view_of(theirs.body);
    wanted.request.has_body = theirs.has_body != 0;
    wanted.request.may_repeat = theirs.may_repeat != 0;
    wanted.bounds.time = time_of(theirs.timeout_ns);
    wanted.bounds.body_max = static_cast<std::size_t>(theirs.body_max);
    return wanted;
}

void deliver(const Response& response, void (*done)(void*, const ft_fetch_response*), void* user) {
    std::vector<ft_field> fields;
    fields.reserve(response.fields.size());
    for (const auto& [name, value] : response.fields) {
        fields.push_back({text_of(name), text_of(value)});
    }
    const ft_fetch_response theirs{
        sizeof(ft_fetch_response), response.status,      fields.data(),          fields.size(),
        text_of(response.body),    response.is_too_long, text_of(response.error)};
    done(user, &theirs);
}

ft_fetcher* make() {
    try {
        return new ft_fetcher;
    } catch (const std::exception&) {
        return nullptr;
    }
}

/// Null, and it is released, if there is no memory.
std::shared_ptr<User> keep(void* user, void (*release)(void* user)) noexcept {
    try {
        return std::make_shared<User>(user, release);
    } catch (const std::exception&) {
        release(user);
        return nullptr;
    }
}

std::int32_t fetch(ft_fetcher* fetcher, const ft_fetch_request* request,
                   void (*done)(void* user, const ft_fetch_response*), void* user, void (*release)(void* user)) {
    const std::shared_ptr<User> kept = keep(user, release);
    try {
        return kept != nullptr &&
                       fetcher->client.fetch(request_of(*request),
                                             [kept, done](Response& response) { deliver(response, done, kept->get()); })
                   ? 1
                   : 0;
    } catch (const std::exception&) {  // no memory
        return 0;
    }
}

std::int32_t call_after(ft_fetcher* fetcher, std::uint64_t ns, void (*call)(void* user), void* user,
                        void (*release)(void* user)) {
    const std::shared_ptr<User> kept = keep(user, release);
    try {
        return kept != nullptr && fetcher->client.call_after(time_of(ns), [kept, call] { call(kept->get()); }) ? 1 : 0;
    } catch (const std::exception&) {  // no memory
        return 0;
    }
}

void stop(ft_fetcher* fetcher) {
    fetcher->client.stop();
}

void destroy(ft_fetcher* fetcher) {
    delete fetcher;
}

ft_text url_fault(ft_text url) {
    try {
        const auto parts = read_configured_url(view_of(url));
        return parts ? ft_text{nullptr, 0} : text_of(parts.error());
    } catch (const std::exception&) {
        return text_of("needs more memory than is available");
    }
}

}  // namespace

const ft_fetch& plugin_table() noexcept {
    static const ft_fetch table{sizeof(ft_fetch), make, fetch, stop, destroy, call_after, url_fault};
    return table;
}

}  // namespace ferrotunnel::fetch
