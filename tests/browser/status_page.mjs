// The status page as a person meets it: light and dark, on a desk and on a phone, held against the JSON of the same state.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const folder = process.env.STATUS_PAGE_FOLDER;
const daemon = process.env.STATUS_PAGE_URL; // "http://127.0.0.1:3000/"
const looks = ['light', 'dark'].flatMap(scheme => [1280, 360].map(width => ({ scheme, width })));
const names = daemon ? ['daemon'] : readdirSync(folder).filter(f => f.endsWith('.html')).map(f => f.slice(0, -5)).sort();

let browser, server, base;

before(async () => {
    if (!daemon) {
        const headers = JSON.parse(readFileSync(join(folder, 'headers.json')));
        server = createServer((request, response) => {
            const name = request.url.slice(1);
            if (!names.includes(name)) return response.writeHead(404).end();
            response.writeHead(200, headers).end(readFileSync(join(folder, `${name}.html`)));
        });
        await new Promise(listening => server.listen(0, '127.0.0.1', listening));
        base = `http://127.0.0.1:${server.address().port}/`;
    }
    browser = await chromium.launch({
        executablePath: process.env.CHROMIUM,
        headless: true,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
});

after(async () => {
    await browser?.close();
    server?.close();
});

async function statusOf(name) {
    return daemon ? (await fetch(new URL('/api/sync/status', daemon))).json()
        : JSON.parse(readFileSync(join(folder, `${name}.json`)));
}

// Opens the page; `complaints` is what the browser said against it.
async function open(name, { scheme, width }) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, javaScriptEnabled: true });
    const page = await context.newPage();
    const complaints = [];
    const requests = [];
    page.on('console', message => complaints.push(message.text()));
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('dialog', dialog => { complaints.push('a dialog opened'); dialog.dismiss(); });
    page.on('request', request => requests.push(request.url()));
    const response = await page.goto(daemon ?? base + name);
    assert.equal(response.status(), 200);
    await page.screenshot({ path: join(folder, `${name}-${scheme}-${width}.png`), fullPage: true });
    return { page, complaints, requests, close: () => context.close() };
}

// Of every element that has text of its own: the contrast (WCAG 2.1) against the nearest background behind it.
function contrasts() {
    const colour = text => text.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const [r, g, b, a = 1] = colour(getComputedStyle(e).backgroundColor);
            if (a > 0) return [r, g, b];
        }
        return [255, 255, 255];
    };
    return [...document.body.querySelectorAll('*')]
        .filter(e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.textContent.trim()))
        .map(e => {
            const [a, b] = [luminance(colour(getComputedStyle(e).color)), luminance(behind(e))];
            return { text: e.textContent.slice(0, 40), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
        });
}

const factsOf = card => Object.fromEntries([...card.querySelectorAll('dt')].map(dt => [dt.textContent, dt.nextElementSibling.textContent]));

// The facts of the card with this heading that has this text too.
const facts = (page, heading, text) => page.locator('li.card', { has: page.locator('h3').getByText(heading, { exact: true }), hasText: text })
    .first().evaluate(factsOf);

// What the card of a stream says, by its direction.
const streamCards = {
    'postgres-to-sql': {
        way: 'Supabase → SQL Server',
        expected: stream => ({ 'Brought by webhooks': stream.webhook.changed, 'Brought by polls': stream.poll.changed, 'Parked': stream.parked }),
    },
    'sql-to-postgres': {
        way: 'SQL Server → Supabase',
        expected: stream => ({ 'Edits found': stream.queue.found, 'Rows changed': stream.queue.changed, 'Failed attempts': stream.queue.failed }),
    },
};

for (const name of names) {
    for (const look of looks) {
        test(`${name} stands in ${look.scheme} at ${look.width} px`, async () => {
            const { page, complaints, requests, close } = await open(name, look);
            const [wide, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
            assert.ok(wide <= shown, `scrolls sideways: ${wide} px in ${shown} px`);
            const texts = await page.evaluate(contrasts);
            assert.ok(texts.length > 10);
            for (const { text, contrast } of texts) assert.ok(contrast >= 4.5, `contrast ${contrast.toFixed(2)} of "${text}"`);
            assert.deepEqual(complaints, []);
            assert.ok(requests.every(url => url === page.url() || url.startsWith('data:')), String(requests));
            await close();
        });
    }

    test(`${name} says what the JSON says`, async () => {
        const { page, close } = await open(name, looks[0]);
        const status = await statusOf(name);
        if (!daemon) assert.equal(await page.locator('h1').textContent(), status.headline);
        assert.equal(await page.locator('h1').count(), 1);
        for (const stream of status.streams) {
            const { way, expected } = streamCards[stream.direction];
            const card = await facts(page, stream.stream, way);
            for (const [fact, value] of Object.entries(expected(stream))) assert.equal(card[fact], String(value), fact);
        }
        for (const end of status.ends) {
            const title = { supabase: 'Supabase', sqlserver: 'SQL Server' }[end.name];
            assert.equal((await facts(page, title))['Connections'], String(end.connections));
        }
        const queue = page.locator('section[aria-labelledby=queue]');
        const queueFacts = await queue.evaluate(factsOf);
        if (status.queue.pending !== null) {
            assert.equal(queueFacts['Pending'], String(status.queue.pending));
            assert.equal(queueFacts['Failed for good'], String(status.queue.failed));
        }
        const queueText = await queue.innerText();
        if (status.queue.error) assert.ok(queueText.includes(status.queue.error.text), queueText);
        assert.equal(queueText.includes('stands by'), status.queue.standingBy);
        const rows = page.locator('section[aria-labelledby=parked] li');
        assert.equal(await rows.count(), status.parked.length);
        for (const [i, row] of status.parked.slice(0, 3).entries()) {
            const text = await rows.nth(i).innerText();
            assert.ok(text.includes(row.stream) && text.includes(row.key) && text.includes(row.error.text), text);
        }
        const events = await page.locator('.events li span').allTextContents();
        assert.deepEqual(events, status.events.map(event => event.text));
        await close();
    });
}

test('the page runs no script and follows no style but its own', async () => {
    const { page, complaints, close } = await open(names[0], looks[0]);
    assert.equal(await page.locator('script').count(), 0);
    // The policy holds against a hole in the escaping, too.
    await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'document.title = "taken over"';
        document.body.append(script);
    });
    assert.ok(!(await page.title()).includes('taken over'));
    assert.ok(complaints.some(text => text.includes('Content Security Policy')), 'the policy did not speak');
    await close();
});

test('a reader by ear finds landmarks, one heading per section and words for every state', async () => {
    const { page, close } = await open(names[0], looks[0]);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    for (const role of ['main', 'banner', 'contentinfo']) assert.equal(await page.getByRole(role).count(), 1, role);
    for (const title of ['Databases', 'Streams', 'Parked rows', 'Webhooks', "SQL Server's queue", 'Last events'])
        assert.equal(await page.getByRole('region', { name: title }).count(), 1, title);
    for (const badge of await page.locator('.badge').all()) assert.ok((await badge.textContent()).trim().length > 3);
    await close();
});
