// A subject that answers what it was asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "admin/later_answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::test {

class FakeSubject : public admin::Subject {
public:
    using admin::Subject::answer;
    admin::Answer answer(const admin::StatusRequest& /*request*/) override { return told("status"); }
    admin::Answer answer(const admin::TunnelsRequest& /*request*/) override {
        throw std::runtime_error("no tunnels today");
    }
    admin::Answer answer(const admin::RouteRequest& asked) override {
        return told("route " + asked.url + '|' + asked.visitor + '|' + asked.cookie);
    }
    admin::Answer answer(const admin::ConfigDiffRequest& /*request*/) override { return told("compare"); }
    admin::Answer answer(const admin::ConfigRequest& /*request*/) override { return told("configuration"); }
    admin::Answer answer(const admin::ReloadRequest& asked) override {
        return told(asked.confirm       ? "confirm"
                    : asked.try_seconds ? "try " + std::to_string(admin::time_of_seconds(*asked.try_seconds).count())
                                        : "reload");
    }
    admin::Answer answer(const admin::DrainRequest& asked) override {
        return told(asked.time() ? "drain " + std::to_string(asked.time()->count()) : "drain");
    }
    admin::Answer answer(const admin::KickRequest& asked) override {
        return told("kick " + asked.client + (asked.seconds ? " for " + std::to_string(asked.time().count()) : ""));
    }
    admin::Answer answer(const admin::AcmeRequest& asked) override {
        return told(asked.name.empty() ? "acme" : "acme of " + asked.name);
    }
    admin::Answer answer(const admin::OwnAuthorityRequest& /*request*/) override { return told("own authority"); }
    admin::Answer answer(const admin::ClusterRequest& /*request*/) override { return told("cluster"); }
    admin::Answer answer(const admin::ClusterNamesRequest& asked) override {
        return told("names from " + std::to_string(asked.from));
    }
    admin::Answer answer(const admin::ClusterForgetRequest& asked) override { return told("forget " + asked.member); }
    admin::Answer answer(const admin::AcmeRenewRequest& asked) override { return told("renew " + asked.name); }
    admin::Answer answer(const admin::AcmeRecordsRequest& asked) override {
        return told((asked.name.empty() ? "records" : "records of " + asked.name) + (asked.check ? ", checked" : ""));
    }
    /// Answered by other tests' `later`, within a minute.
    admin::Answer answer(const admin::AcmeKeysRequest& /*request*/) override {
        return admin::wait_for(later, Clock::now() + std::chrono::minutes(1), "too late");
    }
    admin::Answer services() override { return told("services"); }
    admin::Answer request_client(const std::string& client, const admin::Json& request, bool here) override {
        return told((here ? "ask here " : "ask ") + client + ' ' + request.dump());
    }
    admin::Answer request_member(const std::string& member, const admin::Request& request) override {
        return told("member " + member + ' ' + std::string(request.method) + ' ' + std::string(request.path) +
                    std::string(request.query) + ' ' + std::string(request.body));
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

    admin::EventRing& events() override { return ring; }

    std::string why_not;
    std::shared_ptr<admin::LaterAnswer> later = std::make_shared<admin::LaterAnswer>();
    admin::EventRing ring;

private:
    static admin::Answer told(const std::string& what) { return {200, admin::Json{{"told", what}}}; }
};

}  // namespace ferrotunnel::test
