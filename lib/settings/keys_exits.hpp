// What a service in a configuration file says about the exit that is its backend.
#pragma once

#include <optional>

#include "config/reader.hpp"
#include "ferrotunnel/tcp.hpp"
#include "settings/keys_sections.hpp"

namespace ferrotunnel::detail {

class ExitKeys {
public:
    /// Looks for all keys, so that they count as known.
    explicit ExitKeys(config::Section& service) : allow_(service.find("allow")), users_(service.find("users")) {}

    /// Reads the values. False: something is wrong with them, or missing, which was reported. `local`: that of the
    /// service, whose place is told where `allow` is missing.
    bool read(const config::Value& local, Tcp& tcp, ConfigReading& reading) const;
    /// Reports the keys of a service that can be no exit. True: there was one.
    bool refuse() const;

private:
    bool read_allow(Tcp& tcp) const;
    bool read_users(Tcp& tcp, ConfigReading& reading) const;

    std::optional<config::Value> allow_;
    std::optional<config::Value> users_;
};

}  // namespace ferrotunnel::detail
