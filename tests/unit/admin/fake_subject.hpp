// A subject that answers what it was asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "admin/subject.hpp"

namespace ferrotunnel::test {

class FakeSubject : public admin::Subject {
public:
    admin::Answer status() override { return told("status"); }
    admin::Answer services() override { return told("services"); }
    admin::Answer tunnels() override { throw std::runtime_error("no tunnels today"); }
    admin::Answer route(const admin::RouteQuery& asked) override {
        return told("route " + asked.url + '|' + asked.visitor + '|' + asked.cookie);
    }
    admin::Answer kick(const std::string& client, std::chrono::milliseconds out) override {
        return told("kick " + client + (out.count() == 0 ? "" : " for " + std::to_string(out.count())));
    }
    admin::Answer request_client(const std::string& client, const admin::Json& request) override {
        return told("ask " + client + ' ' + request.dump());
    }
    admin::Answer add_service(const admin::Json& description, bool keep) override {
        return told((keep ? "keep " : "add ") + description.dump());
    }
    admin::Answer remove_service(const std::string& name, bool keep) override {
        return told((keep ? "forget " : "remove ") + name);
    }
    void metrics(ferrotunnel::metrics::Exposition& to) override {
        to.single("asked", ferrotunnel::metrics::Type::counter, "Asked.", std::uint64_t{1});
    }
    std::string why_not_ready() override { return why_not; }
    admin::Answer switch_service(const std::string& name, bool enabled, const std::string& by) override {
        return told((enabled ? "enable " : "disable ") + name + " for " + by);
    }
    admin::Answer reload() override { return told("reload"); }
    admin::Answer try_reload(std::optional<std::chrono::milliseconds> time) override {
        return told(time ? "try " + std::to_string(time->count()) : "confirm");
    }
    admin::Answer compare() override { return told("compare"); }
    admin::Answer configuration() override { return told("configuration"); }
    admin::Answer drain(std::optional<std::chrono::milliseconds> time) override {
        return told(time ? "drain " + std::to_string(time->count()) : "drain");
    }

    admin::EventRing& events() override { return ring; }

    std::string why_not;
    admin::EventRing ring;

private:
    static admin::Answer told(const std::string& what) { return {200, admin::Json{{"told", what}}}; }
};

}  // namespace ferrotunnel::test
