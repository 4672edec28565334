// Exit keys of a service in a configuration file.
#pragma once

#include <optional>

#include "config/reader.hpp"
#include "ferrotunnel/tcp.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {

class ExitKeys {
public:
    /// Looks up all keys, which makes them known.
    explicit ExitKeys(config::Section& service) : allow_(service.find("allow")), users_(service.find("users")) {}

    /// Reads the values. False if one is invalid or missing, which was reported. `local`: the service's, at whose place
    /// a missing `allow` is reported.
    bool read(const config::Value& local, Tcp& tcp, ConfigReading& reading) const;
    /// Reports the keys of a service that cannot be an exit. True if there was one.
    bool refuse() const;

private:
    bool read_allow(Tcp& tcp) const;
    bool read_users(Tcp& tcp, ConfigReading& reading) const;

    std::optional<config::Value> allow_;
    std::optional<config::Value> users_;
};

}  // namespace ferrotunnel::detail
