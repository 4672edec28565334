// Access to a plugin's host: its function tables, as far as both versions have them, and reports of failures. The
// classes of plugin.hpp use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

namespace detail {

/// The host's tables, as far as host and plugin both have them; missing ones are null.
struct Api {
    const ft_host* host = nullptr;
    const ft_http* http = nullptr;
    const ft_settings_api* settings = nullptr;
    const ft_body_api* body = nullptr;    // null if the host has no bodies
    const ft_session* session = nullptr;  // null if the host has no session hooks
    const ft_fetch* fetch = nullptr;      // null: the host sends no requests for plugins
    const ft_tokens* tokens = nullptr;    // null: the host does not look up tokens at plugins
};
// Hidden, so that each library has its own, whatever it was compiled with.
__attribute__((visibility("hidden"))) inline Api api;

/// Copies a struct that begins with its size; members that its writer did not have are null.
template <typename Struct>
Struct known_part(const Struct& theirs) noexcept {
    Struct ours{};
    std::memcpy(&ours, &theirs, theirs.size < sizeof(Struct) ? theirs.size : sizeof(Struct));
    return ours;
}

/// The host's table `id`, as far as host and plugin both know it; all null if the host has none.
template <typename Table>
Table table_of(const ft_host& host, const char* id) noexcept {
    const auto* const theirs = static_cast<const Table*>(host.extension(id));
    return theirs != nullptr ? known_part(*theirs) : Table{};
}

/// All tables of a host, as far as both have them.
struct Tables {
    explicit Tables(const ft_host& theirs) noexcept : host(known_part(theirs)) {
        if (host.extension != nullptr) {
            http = table_of<ft_http>(host, FT_HTTP_1);
            settings = table_of<ft_settings_api>(host, FT_SETTINGS_1);
            body = table_of<ft_body_api>(host, FT_BODY_1);
            session = table_of<ft_session>(host, FT_SESSION_1);
            fetch = table_of<ft_fetch>(host, FT_FETCH_1);
            tokens = table_of<ft_tokens>(host, FT_TOKENS_1);
        }
    }
    /// Whether the host has the functions that every plugin needs. The functions checked here are the last ones of
    /// their tables that this header calls unconditionally.
    bool suffice() const noexcept {
        return host.now_ns != nullptr && http.may_write != nullptr && settings.problem != nullptr;
    }
    /// The tables for this header. A table that the host has only in part counts as missing.
    Api api() const noexcept {
        return {&host,
                &http,
                &settings,
                body.more != nullptr ? &body : nullptr,
                session.drop != nullptr ? &session : nullptr,
                fetch.url_fault != nullptr ? &fetch : nullptr,
                tokens.fail != nullptr ? &tokens : nullptr};
    }

    ft_host host;
    ft_http http{};
    ft_settings_api settings{};
    ft_body_api body{};
    ft_session session{};
    ft_fetch fetch{};
    ft_tokens tokens{};
};

inline ft_text text(std::string_view view) noexcept {
    return {view.data(), view.size()};
}

/// Reports why the running call is going to fail. False if the host is older and does not support it.
inline bool explain(std::string_view words) noexcept {
    if (api.host == nullptr || api.host->explain == nullptr) {
        return false;
    }
    api.host->explain(text(words));
    return true;
}

/// The text of an exception from the plugin; to be constructed within a catch handler. Allocates no memory.
class Thrown {
public:
    explicit Thrown(const char* call) noexcept {
        try {
            throw;
        } catch (const std::exception& problem) {
            write(call, problem.what());
        } catch (...) {
            write(call, "not a std::exception");
        }
    }
    std::string_view words() const noexcept { return text_; }

private:
    void write(const char* call, const char* what) noexcept {
        std::snprintf(text_, sizeof(text_), "%s threw an exception: %s", call, what);
    }

    char text_[512];
};

/// Runs a part of a hook, which messages call `name`. An exception is a failure and is reported to the host.
template <typename Part>
std::int32_t guarded(const char* name, Part part) noexcept {
    try {
        return part();
    } catch (...) {
        (void)explain(Thrown(name).words());
        return FT_FAILED;
    }
}

inline std::string_view view(ft_text text) noexcept {
    return {text.data, text.size};
}

}  // namespace detail

}  // namespace ferrotunnel::plugin
