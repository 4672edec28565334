// The plugin's own pages.
#pragma once

#include <string>
#include <string_view>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// Text or an attribute's value in HTML.
inline std::string html_of(std::string_view text) {
    std::string made;
    for (const char c : text) {
        switch (c) {
            case '&':
                made += "&amp;";
                break;
            case '<':
                made += "&lt;";
                break;
            case '>':
                made += "&gt;";
                break;
            case '"':
                made += "&quot;";
                break;
            default:
                made += c;
        }
    }
    return made;
}

/// A line with a link.
inline std::string html_link(std::string_view url, std::string_view text) {
    return "<p><a href=\"" + html_of(url) + "\">" + html_of(text) + "</a></p>\n";
}

/// `title` is text, `body` is HTML. No other site may show the page in a frame.
inline plugin::Decision html_page(const std::string& title, const std::string& body) {
    return plugin::Decision::respond(
        plugin::Answer{200,
                       {{"Content-Type", "text/html; charset=utf-8"},
                        {"Cache-Control", "no-store"},
                        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}},
                       "<!doctype html><title>" + title + "</title><h1>" + title + "</h1>\n" + body});
}

}  // namespace ferrotunnel::plugins
