// The parts of cloudflared's configuration, as their reader shares them between its files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudflared_routing.hpp"
#include "draft.hpp"
#include "keys.hpp"
#include "mapping.hpp"

namespace ferrotunnel::cli::importing::cloudflared {

struct Setting {
    std::string key;  // its full name
    std::string value;
    Origin origin;
    bool is_on = true;  // of switches
};

/// Whether a switch was given, and is on.
inline bool is_switched_on(const std::optional<Setting>& setting) {
    return setting && setting->is_on;
}

/// What `originRequest` says about a backend; `proxy-...` and others at the top of files of single backends.
struct OriginSettings {
    std::optional<Setting> connect_timeout;
    std::optional<Setting> host_header;
    std::optional<Setting> server_name;
    std::optional<Setting> ca;
    std::optional<Setting> insecure;  // a switch, as those below; one that is off replaces that of all rules
    std::optional<Setting> http2;
    std::optional<Setting> access;   // visitors had to log in
    std::optional<Setting> bastion;  // visitors name their destination
    std::vector<Setting> allowed;    // destinations of a bastion
    bool has_denied = false;         // it has others, which it rejects

    /// Takes over what `more` has.
    void merge(const OriginSettings& more);

    /// Reports the settings that no service has taken over.
    void skip_unused(Draft& draft) const;
};

/// Reads `originRequest` of a rule or of the file.
OriginSettings read_origin_settings(Draft& draft, Keys& parent);

/// Names of the same settings in files of a single backend.
OriginSettings read_flat_settings(Draft& draft, Keys& root);

/// Sets the keys of an HTTP service. `local` is its backend.
void set_backend(Draft& draft, Node& service, const OriginSettings& settings, const std::string& local);

/// Settings of the process and of its connections to Cloudflare.
void read_client(Draft& draft, Keys& root);

/// The services of `ingress`.
void read_rules(Draft& draft, Keys& root, const OriginSettings& common);

/// The service of a file without `ingress`.
void read_single_service(Draft& draft, Keys& root, const OriginSettings& common);

/// What a service is called, and where it stands.
struct Place {
    std::string host;
    std::string key;  // of the backend
    Origin origin;
    Origin backend;
};

/// `tcp`, `ssh` and the like: visitors come with `cloudflared access`, and not from everywhere. False if it is not one.
bool add_stream(Draft& draft, const std::string& service, const Place& place);

/// A client as a proxy to listed destinations; lost without such a list.
void add_exit(Draft& draft, const OriginSettings& settings, const Place& place);

}  // namespace ferrotunnel::cli::importing::cloudflared
