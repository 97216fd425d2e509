#pragma once

#include <memory>

namespace revsync::memory {

// Notices when two are inside at once. Whoever is inside may outlive it.
class Alone {
public:
    class Visit {
    public:
        explicit Visit(std::shared_ptr<int> inside) : inside_{std::move(inside)} { ++*inside_; }
        Visit(const Visit&) = delete;
        Visit& operator=(const Visit&) = delete;
        ~Visit() { --*inside_; }

    private:
        std::shared_ptr<int> inside_;
    };

    Visit enter() {
        violated_ = violated_ || *inside_ > 0;
        return Visit{inside_};
    }
    bool violated() const { return violated_; }

private:
    std::shared_ptr<int> inside_ = std::make_shared<int>(0);
    bool violated_ = false;
};

}  // namespace revsync::memory
