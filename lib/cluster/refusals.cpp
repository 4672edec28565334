#include "cluster/refusals.hpp"

#include "base/text.hpp"
#include "cluster/limits.hpp"

namespace ferrotunnel::cluster::refusals {
namespace {

Refused final_refusal(const Name& name, const std::string& text) {
    const bool is_port = name.kind() == Name::Kind::tcp_port || name.kind() == Name::Kind::udp_port;
    return {0, is_port ? wire::Code::port_taken : wire::Code::name_taken, false,
            printable(text, limits::refusal_text_max)};
}

Refused for_now(const std::string& text) {
    return {0, wire::Code::busy, true, printable(text, limits::refusal_text_max)};
}

}  // namespace

Refused taken_by_token(const Name& name) {
    return final_refusal(name, "a client of another token has " + name.text());
}

Refused reserved(const Name& name) {
    return final_refusal(name, "reserved for another token: " + name.text());
}

Refused taken_by_client(const Name& name) {
    return final_refusal(name, "another client of the token has " + name.text());
}

Refused other_terms(const Name& name) {
    return final_refusal(name, "another client of the group has a service with other settings for " + name.text());
}

Refused home_not_linked(const Name& name, const std::string& home) {
    return for_now("no link to the member " + home + ", which decides about " + name.text());
}

Refused lists_differ(const Name& name) {
    return for_now("the members' lists of members differ, so none of them decides about " + name.text());
}

Refused recovering(const Name& name, const std::string& home) {
    return for_now("the member " + home + " has started, and has not heard from all others yet; it decides about " +
                   name.text());
}

Refused holder_not_linked(const Name& name, const std::string& member) {
    return for_now("no link to the member " + member + ", where another client of the token has " + name.text());
}

Refused other_terms_not_linked(const Name& name, const std::string& member) {
    return for_now("no link to the member " + member +
                   ", where another client of the group has a service with other settings for " + name.text());
}

Refused still_stored(const Name& name, const std::string& member) {
    return for_now("etcd still has " + name.text() + " of the member " + member +
                   ", for another client or with other settings");
}

Refused store_away(const Name& name, const std::string& why) {
    return for_now("etcd, which decides about " + name.text() + ", cannot be asked: " + why);
}

Refused no_decision(const Name& name, const std::string& home) {
    return for_now("no answer of the member " + home + " about " + name.text());
}

Refused busy(const std::string& home) {
    return for_now("too many claims wait for the member " + home);
}

Refused too_many_names() {
    return {0, wire::Code::limit, true, "this server has the largest number of names"};
}

Refused cancelled() {
    return {0, wire::Code::cancelled, true, "cancelled"};
}

std::string ended(const Name& name) {
    return printable("another client has " + name.text() + " now", limits::refusal_text_max);
}

}  // namespace ferrotunnel::cluster::refusals
