'use strict';
// The behaviour of the report: one table, four views of the data, one panel for details.
// INVARIANT: text from the data reaches the page through text nodes only, so no resource name or
// reason can become markup. Everything is built with `el`.
(() => {
  const PAGE = 100; // Rows in the document at a time; what keeps 50,000 findings usable.
  const PRINTED = 500;
  const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational'];
  const USER_FACTS = ['administrator', 'can_escalate', 'escalations', 'undecided', 'console_access', 'mfa', 'mfa_devices',
    'password_last_used', 'active_keys', 'oldest_key_days', 'keys', 'groups', 'attached_policies', 'inline_policies',
    'permissions_boundary', 'tags'];
  const MISSING = ['gone', 'not-seen'];
  const NOVEL = ['new', 'new-or-not-seen-before', 'changed', 'replaced', ...MISSING];
  const VERDICTS = ['fail', 'unknown', 'pass', 'not_applicable'];
  const WORDS = {
    not_applicable: 'not applicable', 'no-password': 'no password', 'yes-if': 'yes, if', 'first-scan': 'first scan',
    'new-or-not-seen-before': 'new or unseen', 'not-seen': 'not seen',
  };
  const TONES = {
    pass: 'pass', fail: 'fail', unknown: 'unknown', not_applicable: 'none',
    critical: 'fail strong', high: 'fail', medium: 'unknown', low: 'none', informational: 'none',
    done: 'fail', attempted: 'unknown',
  };

  const byId = (id) => document.getElementById(id);
  const say = (word) => WORDS[word] || String(word);
  const heading = (name) => name[0].toUpperCase() + name.slice(1);
  const number = (value) => Number(value).toLocaleString('en');
  const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;
  const moment = (time) => String(time).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC');
  const rank = (list, value) => (list.indexOf(value) + 1) || list.length + 1;

  /** Makes an element. Strings and numbers become text nodes; null children are left out. */
  function el(tag, properties, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined).map((child) => (
      child instanceof Node ? child : document.createTextNode(String(child)))));
    return node;
  }

  const badge = (word, tone) => el('span', { class: `badge ${tone || TONES[word] || 'none'}` }, say(word));
  const sub = (text) => (text ? el('span', { class: 'sub' }, text) : null);
  const clamp = (text) => (text ? el('span', { class: 'clamp' }, text) : null);
  const code = (text) => el('code', null, text);
  const list = (items) => el('ul', { class: 'list' }, items.map((item) => el('li', null, item)));
  const section = (heading, ...content) => [el('h3', null, heading), ...content];
  const facts = (pairs) => el('dl', { class: 'facts' }, pairs
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [el('dt', null, name), el('dd', null, value === null || value === '' ? '–' : value)]));
  // Null means the list could not be read, which is not the same as an empty one.
  const names = (items) => (items === null || items === undefined ? badge('unknown')
    : items.length ? list(items.map(code)) : 'none');

  function copyButton(text) {
    const button = el('button', { type: 'button', class: 'small', 'aria-label': `Copy ${text}`, onclick: () => {
      // Where a browser refuses the clipboard to a local file, the text is selected for the keyboard to copy.
      const select = () => { getSelection().selectAllChildren(button.previousElementSibling); return 'Selected'; };
      (navigator.clipboard ? navigator.clipboard.writeText(text).then(() => 'Copied', select) : Promise.resolve(select()))
        .then((word) => { button.textContent = word; setTimeout(() => { button.textContent = 'Copy'; }, 1500); });
    } }, 'Copy');
    return button;
  }
  const digests = (items) => ((items || []).filter(Boolean).length
    ? list(items.filter(Boolean).map((item) => el('div', { class: 'digest' }, code(item), copyButton(item))))
    : el('p', null, 'No evidence is recorded.'));

  /** A list that shows its first items and folds the rest away. */
  function shortList(items, first) {
    if (!items.length) return 'none recorded';
    if (items.length <= first) return items.join(', ');
    return [`${items.slice(0, first).join(', ')} `, el('details', null,
      el('summary', null, `and ${number(items.length - first)} more`), items.slice(first).join(', '))];
  }

  let data;
  try {
    data = JSON.parse(byId('data').textContent);
    if (data.schema !== 1) throw new Error(`its schema is ${data.schema}, this page reads schema 1`);
  } catch (error) {
    byId('broken').textContent = `The data of this report could not be read: ${error.message}.`;
    byId('broken').hidden = false;
    byId('panel').hidden = true;
    return;
  }

  const scope = Object.assign({ accounts: [], regions: [], left_out: [] }, data.scope);
  const rules = new Map(((data.posture && data.posture.rules) || []).map((rule) => [rule.id, rule]));
  const titleOf = (id) => (rules.has(id) ? rules.get(id).title : '');
  const frameworksOf = (id) => Object.entries((rules.get(id) || {}).frameworks || {})
    .flatMap(([name, controls]) => controls.map((control) => `${name} ${control}`));
  const waived = (finding) => Boolean(finding.waiver && !finding.waiver.expired);

  // A filter offers the values its rows have, or the `options` it names with a `test` for them.
  const filter = (name, value, options) => ({ name, value, options });
  const severity = { ...filter('severity', (row) => row.severity), order: SEVERITIES };
  const account = filter('account', (row) => row.account);
  const rule = filter('rule', (row) => row.rule);
  // A column: its heading, its width in the fixed layout, its sort key, and its cell if that differs.
  const column = (label, width, key, cell) => ({ label, width, key, cell });
  const severityColumn = column('Severity', '7rem', (row) => rank(SEVERITIES, row.severity), (row) => badge(row.severity));
  const accountColumn = column('Account', '8.5rem', (row) => row.account);
  const regionColumn = column('Region', '8rem', (row) => row.region);
  // What the CSV holds and the search reads: a heading and where its value is.
  const plain = (...fields) => fields.map((field) => [field, (row) => row[field]]);
  const within = (outer, ...fields) => fields.map((field) => [`${outer}_${field}`, (row) => row[outer] && row[outer][field]]);

  const views = {
    posture: {
      label: 'Posture', one: 'finding', many: 'findings',
      rows: data.posture && data.posture.evaluations,
      absent: 'Posture was not assessed in this report.', empty: 'No resource was evaluated.',
      order: [(row) => rank(VERDICTS, row.verdict), (row) => rank(SEVERITIES, row.severity), (row) => Number(waived(row)),
        (row) => row.rule, (row) => row.resource_id],
      columns: [
        column('Verdict', '9rem', (row) => rank(VERDICTS, row.verdict), (row) => [badge(row.verdict),
          row.waiver ? badge(waived(row) ? 'waived' : 'waiver expired', waived(row) ? 'waived' : 'none') : null]),
        severityColumn,
        column('Rule', '19%', (row) => row.rule, (row) => [row.rule, sub(titleOf(row.rule))]),
        column('Resource', '25%', (row) => row.resource_id, (row) => [code(row.resource_id), sub(row.resource_type)]),
        accountColumn, regionColumn,
        column('Reason', 'auto', (row) => row.reason, (row) => clamp(row.reason)),
      ],
      filters: [
        { ...filter('verdict', null, [['fail', 'Fail'], ['open', 'Fail, not waived'], ['waived', 'Fail, waived'],
          ['unknown', 'Unknown'], ['pass', 'Pass'], ['not_applicable', 'Not applicable']]),
        test: (row, wanted) => (wanted === 'waived' ? waived(row)
          : wanted === 'open' ? row.verdict === 'fail' && !waived(row) : row.verdict === wanted) },
        severity, account, rule,
      ],
      csv: [...plain('verdict', 'severity', 'rule'), ['title', (row) => titleOf(row.rule)],
        ...plain('resource_id', 'resource_type', 'account', 'region', 'reason'),
        ['frameworks', (row) => frameworksOf(row.rule).join('; ')], ['evidence', (row) => (row.evidence || []).join('; ')],
        ...within('waiver', 'owner', 'reason', 'expires', 'expired')],
      details(row) {
        const known = rules.get(row.rule) || {};
        const held = frameworksOf(row.rule);
        return [known.title || row.rule,
          facts([['Verdict', badge(row.verdict)], ['Severity', badge(row.severity)], ['Reason', row.reason],
            ['Resource', code(row.resource_id)], ['Type', row.resource_type], ['Account', row.account],
            ['Region', row.region], ['Rule', code(row.rule)], ['Origin', known.origin],
            ['Frameworks', held.length ? list(held) : null]]),
          row.waiver ? section('Waiver', facts([['State', waived(row) ? 'in force; the finding still counts as a fail' : 'expired'],
            ['Owner', row.waiver.owner], ['Reason', row.waiver.reason], ['Expires', row.waiver.expires]])) : null,
          known.description ? section('What the rule asks', el('p', { class: 'prose' }, known.description)) : null,
          known.remediation ? section('Remediation', el('p', { class: 'prose' }, known.remediation)) : null,
          section('Evidence', digests(row.evidence))];
      },
    },

    violations: {
      label: 'Violations', one: 'violation', many: 'violations', rows: data.violations,
      absent: 'No events were examined for this report.', empty: 'No event matched a detection rule.',
      order: [(row) => Number(Boolean(row.suppressed)), (row) => rank(SEVERITIES, row.severity),
        (row) => -Date.parse(row.event_time) || 0, (row) => row.rule],
      columns: [
        column('Time', '10rem', (row) => row.event_time, (row) => moment(row.event_time)),
        severityColumn,
        column('Outcome', '8rem', (row) => row.outcome, (row) => [badge(row.outcome), row.suppressed ? badge('suppressed', 'waived') : null]),
        column('Rule', '19%', (row) => row.rule, (row) => [row.rule, sub(row.title)]),
        column('Event', '15%', (row) => row.event_name, (row) => [row.event_name, sub(row.event_source)]),
        column('Principal', 'auto', (row) => row.principal, (row) => [row.principal ? code(row.principal) : 'not recorded', sub(row.source_ip)]),
        accountColumn, regionColumn,
      ],
      filters: [
        { ...filter('outcome', null, [['done', 'Done'], ['attempted', 'Attempted'], ['suppressed', 'Suppressed'], ['open', 'Not suppressed']]),
          test: (row, wanted) => (wanted === 'suppressed' ? Boolean(row.suppressed)
            : wanted === 'open' ? !row.suppressed : row.outcome === wanted) },
        severity, account, rule,
      ],
      csv: [...plain('event_time', 'severity', 'outcome', 'rule', 'title', 'action', 'event_name', 'event_source', 'event_id',
        'account', 'region', 'principal', 'source_ip', 'error_code', 'evidence'),
      ...within('source', 'file', 'record', 'position'), ...within('suppressed', 'owner', 'reason', 'expires'),
      ['facts', (row) => Object.entries(row.facts || {}).map(([name, value]) => `${name}: ${[value].flat().join(', ')}`).join('; ')]],
      details: (row) => [row.title || row.rule,
        facts([['Outcome', badge(row.outcome)], ['Severity', badge(row.severity)], ['Rule', code(row.rule)], ['Action', row.action],
          ['Time', moment(row.event_time)], ['Event', row.event_name], ['Service', row.event_source], ['Event id', code(row.event_id)],
          ['Error code', row.error_code], ['Principal', row.principal && code(row.principal)], ['Source address', row.source_ip],
          ['Account', row.account], ['Region', row.region]]),
        row.facts ? section('What the policy means', facts(Object.entries(row.facts).map(([name, value]) => [
          name.replace(/_/g, ' '), [value].flat().join(', ')]))) : null,
        row.suppressed ? section('Suppressed', facts([['Owner', row.suppressed.owner], ['Reason', row.suppressed.reason],
          ['Expires', row.suppressed.expires]])) : null,
        row.source ? section('Where it was read', facts([['File', code(row.source.file)], ['Record', row.source.record],
          ['Position', row.source.position]])) : null,
        section('Evidence', digests([row.evidence]))],
    },

    access: {
      label: 'Access', one: 'user', many: 'users', rows: data.access && data.access.concat(data.access_missing || []),
      absent: 'Users were not collected for this report.', empty: 'No user was found.',
      order: [(row) => row.account, (row) => String(row.name).toLowerCase()],
      columns: [
        column('User', 'auto', (row) => String(row.name).toLowerCase(), (row) => [row.name, sub(row.arn)]),
        accountColumn,
        column('Admin', '6rem', now((row) => rank(['yes', 'yes-if', 'unknown', 'no'], row.administrator)), now((row) => powerBadge(row.administrator))),
        column('Escalation', '7rem', now((row) => -row.escalations.length), now((row) => [
          powerBadge(row.can_escalate), row.escalations.length ? sub(pathCount(row)) : null])),
        column('Console', '6rem', now((row) => row.console_access), now((row) => badge(row.console_access))),
        column('MFA', '6rem', now((row) => row.mfa), now(mfaBadge)),
        column('Keys', '6rem', now((row) => row.active_keys), now((row) => [row.active_keys ?? badge('unknown'),
          row.active_keys ? sub(row.oldest_key_days === null ? 'age unknown' : plural(row.oldest_key_days, 'day', 'days')) : null])),
        column('Stale', '11rem', now((row) => -(row.stale.length || row.stale_undecided.length / 100)), now(staleBadges)),
        column('Change', '13%', (row) => rank(NOVEL, row.change), (row) => [changeBadge(row), sub(row.changed.map((one) => one.fact.replace(/_/g, ' ')).join(', '))]),
      ],
      filters: [
        account,
        { ...filter('administrator', null, [['any', 'Yes, or yes if'], ['yes', 'Yes'], ['yes-if', 'Yes, if'], ['unknown', 'Unknown'], ['no', 'No']]),
          test: (row, wanted) => !missing(row) && (row.administrator === wanted || (wanted === 'any' && row.administrator.startsWith('yes'))) },
        filter('escalation', now((row) => row.can_escalate)), filter('console', now((row) => row.console_access)), filter('MFA', now((row) => row.mfa)),
        { ...filter('stale', null, [['stale', 'Stale'], ['no', 'Not stale'], ['unknown', 'Unknown'],
          ...[...new Set((data.access || []).flatMap((row) => row.stale))].sort().map((reason) => [reason, reason])]),
          test: (row, wanted) => !missing(row) && (wanted === 'stale' ? row.stale.length > 0 : staleWord(row) === wanted || row.stale.includes(wanted)) },
        { ...filter('change', null, [['any', 'New, gone or changed'], ...['first-scan', ...NOVEL, 'same', 'unknown'].map((kind) => [kind, heading(say(kind))])]),
          test: (row, wanted) => (wanted === 'any' ? NOVEL.includes(row.change) : row.change === wanted) },
      ],
      csv: [...plain('account', 'name', 'user_id', 'arn', 'create_date', 'scan_timestamp'), ...USER_FACTS.map((name) => [name, (row) => (isUnread(row, name)
        ? 'unknown' : Array.isArray(row[name]) ? row[name].join('; ') : row[name])]),
      ...plain('credential_report_time', 'credential_report_age_minutes'),
      ['stale', (row) => (missing(row) ? '' : row.stale.join('; ') || staleWord(row))], ['stale_undecided', (row) => row.stale_undecided.join('; ')],
      ...plain('change'), ['changed', (row) => row.changed.map(({ fact, before, after }) => `${fact}: ${before} -> ${after}`).join('; ')],
      ['not_compared', (row) => row.not_compared.join('; ')], ['unknown', (row) => row.unknown.map(({ fact, why }) => `${fact}: ${why.join(', ')}`).join('; ')]],
      details: (row) => [row.name,
        missing(row) ? el('p', { class: 'notice' }, `The latest scan does not have this user. What follows is of ${moment(row.scan_timestamp)}.`) : null,
        facts([['ARN', code(row.arn)], ['Id', row.user_id && code(row.user_id)], ['Account', row.account], ['Created', moment(row.create_date ?? 'unknown')], ['Seen', moment(row.scan_timestamp)],
          ['Administrator', powerBadge(row.administrator)], ['Can escalate', powerBadge(row.can_escalate)],
          ['Console', badge(row.console_access)], ['MFA', mfaBadge(row)], ['Password last used', moment(say(row.password_last_used))],
          ['Active keys', row.active_keys ?? badge('unknown')], ['Oldest key, days', keyAge(row)],
          ['Credential report', row.credential_report_time ? `of ${moment(row.credential_report_time)}, ${plural(row.credential_report_age_minutes, 'minute', 'minutes')} before the scan` : 'not used']]),
        missing(row) ? null : section('Stale', staleBadges(row), row.stale_undecided.length ? el('p', null, `Not decided: ${row.stale_undecided.join(', ')}.`) : null),
        section('Since the scan before', changeBadge(row), row.changed.length ? list(row.changed.map(({ fact, before, after }) => [
          `${heading(fact.replace(/_/g, ' '))}: `, code(before), ' is now ', code(after)])) : null,
        row.not_compared.length ? el('p', null, `Not compared: ${row.not_compared.join(', ').replace(/_/g, ' ')}.`) : null),
        row.unknown.length ? section('Unknown', list(row.unknown.map(({ fact, why }) => `${heading(fact.replace(/_/g, ' '))}: ${why.join(', ')}`))) : null,
        section('Tags', names(row.tags)), section('Access keys', names(row.keys)), section('MFA devices', names(row.mfa_devices)),
        section('Groups', names(row.groups)), section('Attached policies', names(row.attached_policies)),
        section('Inline policies', names(row.inline_policies)), section('Permissions boundary', names(row.permissions_boundary)),
        section('Open paths of escalation', row.can_escalate === 'unknown' ? badge('unknown') : names(row.escalations)),
        row.undecided.length ? section('Paths that could not be decided', names(row.undecided)) : null].flat(),
    },

    coverage: {
      label: 'Coverage', one: 'gap', many: 'gaps', rows: gaps(),
      absent: '', empty: 'Nothing was left out, and nothing in this report is unknown.',
      order: [(row) => rank(['left out', 'unknown verdict', 'unread user fact', 'not compared'], row.kind), (row) => -row.count, (row) => row.what],
      columns: [
        column('Kind', '11rem', (row) => row.kind, (row) => badge(row.kind, row.kind === 'left out' ? 'none' : 'unknown')),
        column('What', '35%', (row) => row.what),
        column('Why', 'auto', (row) => row.why, (row) => clamp(row.why)),
        column('Affected', '7rem', (row) => row.count, (row) => (row.count === null ? '–' : number(row.count))),
      ],
      filters: [filter('kind', (row) => row.kind)],
      csv: plain('kind', 'what', 'why', 'count'),
      details: (row) => [row.kind === 'left out' ? row.what : row.why,
        facts([['Kind', row.kind], ['What', row.what], ['Why', row.why], ['Affected', row.count]]),
        ...(row.parts || []).map(([heading, counts]) => section(heading, countList(counts)))],
    },
  };

  // A user without active keys has no oldest key; that is known, not unread.
  function isUnread(user, name) {
    return user[name] === 'unknown' || (user[name] === null && !(name === 'oldest_key_days' && user.active_keys === 0));
  }
  function mfaBadge(user) { return badge(user.mfa, missesMfa(user) ? 'fail' : user.mfa === 'yes' ? 'pass' : null); }
  function missesMfa(user) { return user.console_access === 'yes' && user.mfa === 'no'; }
  // A user that the latest scan does not have: what it had is no fact of today.
  function missing(user) { return MISSING.includes(user.change); }
  function now(value) { return (row) => (missing(row) ? null : value(row)); }
  function powerBadge(word) { return badge(word, word === 'yes' ? 'fail' : word === 'yes-if' ? 'unknown' : null); }
  function pathCount(user) { return `${plural(user.escalations.length, 'path', 'paths')}${user.undecided.length ? ' or more' : ''}`; }
  function staleWord(user) { return user.stale.length ? 'stale' : user.stale_undecided.length ? 'unknown' : 'no'; }
  function staleBadges(user) { return user.stale.length ? user.stale.map((reason) => badge(reason, 'fail')) : [badge(staleWord(user))]; }
  function changeBadge(user) { return badge(user.change, NOVEL.includes(user.change) ? 'waived' : null); }
  function keyAge(user) { return isUnread(user, 'oldest_key_days') ? badge('unknown') : user.oldest_key_days ?? '–'; }

  function countList(counts) {
    const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return list(sorted.slice(0, 50).map(([name, count]) => [code(name), count > 1 ? ` ${number(count)}` : ''])
      .concat(sorted.length > 50 ? [`and ${number(sorted.length - 50)} more`] : []));
  }

  /** What this report cannot vouch for: the scope left out, unknown verdicts by reason, unread user facts. */
  function gaps() {
    const groups = new Map();
    const note = (kind, why, parts) => {
      const id = `${kind} ${why}`;
      if (!groups.has(id)) groups.set(id, { kind, why, count: 0, parts: Object.keys(parts).map((heading) => [heading, new Map()]) });
      const group = groups.get(id);
      group.count += 1;
      for (const [heading, counts] of group.parts) counts.set(parts[heading], (counts.get(parts[heading]) || 0) + 1);
    };
    for (const row of (data.posture && data.posture.evaluations) || []) {
      if (row.verdict === 'unknown') note('unknown verdict', row.reason || 'no reason is recorded', {
        Rules: row.rule, Resources: row.resource_id, 'Accounts and regions': `${row.account} ${row.region}` });
    }
    for (const user of data.access || []) {
      for (const { fact, why } of user.unknown) {
        why.forEach((reason) => note('unread user fact', reason, { Facts: fact.replace(/_/g, ' '), Users: user.arn }));
      }
      for (const fact of user.not_compared) note('not compared', `one of the two scans does not know ${fact.replace(/_/g, ' ')}`, { Users: user.arn });
    }
    for (const group of groups.values()) {
      group.what = group.parts.slice(0, 2).map(([heading, counts]) => `${heading.toLowerCase()}: ${number(counts.size)}`).join(', ');
    }
    return scope.left_out.map(({ what, why }) => ({ kind: 'left out', what, why, count: null })).concat([...groups.values()]);
  }

  // Choosing rows.

  const asKey = (value) => (value === undefined || value === '' ? null : value);
  /** Orders two keys; what is missing comes last in either direction. */
  function compare(a, b, down) {
    if (a === b) return 0;
    if (a === null || b === null) return a === null ? 1 : -1;
    return (a < b ? -1 : 1) * (down ? -1 : 1);
  }

  /** Sorts a view's rows into their default order, once, when it is first opened. */
  function prepare(view) {
    if (view.ready) return;
    const keyed = (view.rows || []).map((row) => ({ row, keys: view.order.map((key) => asKey(key(row))) }));
    keyed.sort((a, b) => view.order.reduce((order, _, i) => order || compare(a.keys[i], b.keys[i], false), 0));
    Object.assign(view, { ready: true, sorted: keyed.map(({ row }) => row), texts: [] });
  }

  const reset = (one, chosen) => Object.assign(one, { query: '', chosen, sort: null, page: 0 });

  // Lower-case search text is made for a row when a search first asks for it.
  const searchText = (view, i) => (view.texts[i]
    ??= view.csv.map(([, get]) => get(view.sorted[i]) ?? '').join('\n').toLowerCase());

  /** The positions of the rows that match, in the order to show. The sort is stable, so ties keep the default order. */
  function choose(view) {
    const words = view.query.toLowerCase().split(/\s+/).filter(Boolean);
    const tests = view.filters.filter(({ name }) => view.chosen[name] !== undefined).map((one) => {
      const wanted = view.chosen[one.name];
      return one.test ? (row) => one.test(row, wanted) : (row) => String(one.value(row) ?? '–') === wanted;
    });
    const found = [];
    view.sorted.forEach((row, i) => {
      if (tests.every((test) => test(row)) && words.every((word) => searchText(view, i).includes(word))) found.push(i);
    });
    if (!view.sort) return found;
    const { key } = view.columns[view.sort.column];
    return found.map((i) => ({ i, key: asKey(key(view.sorted[i])) }))
      .sort((a, b) => compare(a.key, b.key, view.sort.down)).map(({ i }) => i);
  }

  // Drawing.

  let view = null; // The view on show.
  let found = []; // Positions of its matching rows.
  let opener = null; // The row whose details are open.

  function drawToolbar() {
    const search = el('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' });
    search.value = view.query;
    let waiting = 0;
    search.addEventListener('input', () => {
      clearTimeout(waiting);
      const searched = view;
      waiting = setTimeout(() => {
        searched.query = search.value;
        searched.page = 0;
        if (searched === view) refresh();
      }, 160);
    });
    const selects = view.filters.map((one) => {
      const select = el('select', null, el('option', { value: '' }, 'all'), optionsOf(one)
        .map(([value, label]) => el('option', { value: `=${value}` }, label)));
      if (view.chosen[one.name] !== undefined) select.value = `=${view.chosen[one.name]}`;
      select.addEventListener('change', () => {
        view.chosen[one.name] = select.value ? select.value.slice(1) : undefined;
        view.page = 0;
        refresh();
      });
      return el('label', null, heading(one.name), select);
    });
    byId('toolbar').replaceChildren(el('label', { class: 'search' }, `Search ${view.many}`, search), ...selects,
      el('button', { type: 'button', onclick: () => { reset(view, {}); show(); } }, 'Clear'));
  }

  function optionsOf(one) {
    const counts = new Map();
    if (one.options) {
      return one.options.map(([value, label]) => [value, `${label} (${number(view.sorted.filter((row) => one.test(row, value)).length)})`]);
    }
    for (const value of view.sorted.map((row) => String(one.value(row) ?? '–'))) counts.set(value, (counts.get(value) || 0) + 1);
    return [...counts].sort(([a], [b]) => (one.order ? rank(one.order, a) - rank(one.order, b) : 0) || (a < b ? -1 : 1))
      .map(([value, count]) => [value, `${say(value)} (${number(count)})`]);
  }

  function drawHead() {
    byId('widths').replaceChildren(...view.columns.map(({ width }) => {
      const col = el('col');
      col.style.width = width;
      return col;
    }));
    byId('head').replaceChildren(el('tr', { role: 'row' }, view.columns.map(({ label }, column) => {
      const sorted = view.sort && view.sort.column === column;
      const turn = () => {
        view.sort = { column, down: Boolean(sorted && !view.sort.down) };
        view.page = 0;
        refresh();
        byId('head').querySelectorAll('button')[column].focus();
      };
      return el('th', { role: 'columnheader', scope: 'col', 'aria-sort': sorted ? (view.sort.down ? 'descending' : 'ascending') : 'none' },
        el('button', { type: 'button', onclick: turn }, label,
          el('span', { class: 'arrow', 'aria-hidden': 'true' }, sorted ? (view.sort.down ? '▼' : '▲') : '')));
    })));
  }

  /** Draws one window of the rows: a page on screen, the first 500 on paper. */
  function drawRows(printing) {
    const first = printing ? 0 : view.page * PAGE;
    const shown = found.slice(first, first + (printing ? PRINTED : PAGE));
    closeDetails(false);
    byId('rows').replaceChildren(...shown.map((position, i) => {
      const row = view.sorted[position];
      return el('tr', { role: 'row', tabindex: i ? '-1' : '0', 'data-at': position }, view.columns.map(({ label, key, cell }) => {
        const content = cell ? cell(row) : key(row);
        return el('td', { role: 'cell', 'data-label': label }, el('div', null, content ?? '–'));
      }));
    }));
    if (!shown.length) {
      const why = !view.rows ? view.absent : view.rows.length ? `No ${view.one} matches.` : view.empty;
      byId('rows').append(el('tr', { role: 'row' }, el('td', { role: 'cell', class: 'empty', colspan: view.columns.length }, why)));
    }
    const total = (view.rows || []).length;
    const range = shown.length ? `${number(first + 1)}–${number(first + shown.length)} of ` : '';
    const conditions = [view.query && `search "${view.query}"`, ...Object.entries(view.chosen)
      .filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${say(value)}`)].filter(Boolean);
    byId('status').textContent = `${range}${plural(found.length, view.one, view.many)}`
      + (conditions.length ? `, from ${number(total)} in all (${conditions.join(', ')})` : '');
    drawPager();
  }

  function drawPager() {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    const step = (label, page) => {
      const button = el('button', { type: 'button', onclick: () => {
        view.page = page;
        drawRows();
        byId('panel').scrollIntoView();
        const again = [...byId('pager').children].find((other) => other.textContent === label);
        (again.disabled ? byId('panel') : again).focus({ preventScroll: true });
      } }, label);
      button.disabled = page < 0 || page > last || page === view.page;
      return button;
    };
    byId('pager').hidden = last === 0;
    byId('pager').replaceChildren(step('First', 0), step('Previous', view.page - 1),
      el('span', null, `Page ${number(view.page + 1)} of ${number(last + 1)}`), step('Next', view.page + 1), step('Last', last));
  }

  function refresh() {
    found = choose(view);
    drawHead();
    drawRows();
  }

  function show() {
    prepare(view);
    drawToolbar();
    byId('caption').textContent = view.label;
    refresh();
  }

  function openTab(name, focus) {
    view = views[name];
    for (const tab of byId('tabs').children) {
      const chosen = tab.id === `tab-${name}`;
      tab.setAttribute('aria-selected', chosen);
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen && focus) tab.focus();
    }
    byId('panel').setAttribute('aria-labelledby', `tab-${name}`);
    if (location.hash !== `#${name}`) location.hash = name;
    show();
  }

  function openDetails(row) {
    if (opener) opener.removeAttribute('aria-current');
    opener = row;
    row.setAttribute('aria-current', 'true');
    const [title, ...content] = view.details(view.sorted[row.dataset.at]);
    byId('details-title').textContent = title;
    byId('details-body').replaceChildren(...content.flat().filter(Boolean));
    byId('details').hidden = false;
    byId('details').scrollTop = 0;
    byId('details').focus();
  }

  function closeDetails(returnFocus) {
    if (!opener) return;
    byId('details').hidden = true;
    opener.removeAttribute('aria-current');
    if (returnFocus) opener.focus();
    opener = null;
  }

  /** Saves every matching row, on all pages. */
  function exportCsv() {
    const quoted = (value) => {
      const text = String(value ?? '');
      // A spreadsheet runs a cell that starts like a formula; the quote makes it text.
      return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`;
    };
    const lines = [view.csv.map(([name]) => quoted(name)), ...found.map((i) => view.csv.map(([, get]) => quoted(get(view.sorted[i]))))];
    // The mark at the start tells Excel that the file is UTF-8.
    const blob = new Blob(['\ufeff', lines.map((cells) => `${cells.join(',')}\r\n`).join('')], { type: 'text/csv;charset=utf-8' });
    const link = el('a', { href: URL.createObjectURL(blob), download: `provost-${view.label.toLowerCase()}-${String(data.generated_at).slice(0, 10)}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // The top of the page, drawn once.

  function drawScope() {
    byId('title').textContent = data.title;
    const left = scope.left_out.length;
    byId('scope').append(...[
      ['Generated', `${moment(data.generated_at)} by Provost ${data.provost_version}`],
      ['Accounts', shortList(scope.accounts, 6)], ['Regions', shortList(scope.regions, 8)],
      ['Left out', left ? [badge(`${plural(left, 'part', 'parts')} of the scope`, 'unknown'), ' ', el('a', { href: '#coverage' }, 'see Coverage')] : 'nothing'],
      ['Catalog', data.catalog_digest ? [code(data.catalog_digest), copyButton(data.catalog_digest)] : 'not recorded'],
      ...(data.waivers_due || []).map((line) => ['Waiver', line.includes('EXPIRED') ? badge(line, 'fail') : line]),
    ].flatMap(([name, value]) => [el('dt', null, name), el('dd', null, value)]));
  }

  function drawSummary() {
    const asides = [];
    if (data.posture) {
      const sum = data.posture.summary;
      const card = (label, count, tone, note, verdict) => el('button', { type: 'button', class: `card ${tone}`,
        onclick: () => { reset(views.posture, { verdict }); openTab('posture'); },
      }, el('b', null, number(count)), el('span', null, label), el('span', { class: 'note' }, note));
      const judged = sum.compliant + sum.non_compliant + sum.unknown;
      // Rounding must not turn one fail among thousands into a hundred percent.
      const share = Number(sum.compliance_percentage).toFixed(1);
      const percent = share === '100.0' && sum.compliant < judged ? '99.9' : share;
      const parts = [['pass', sum.compliant], ['fail', Math.max(0, sum.non_compliant - sum.waived)], ['waived', sum.waived],
        ['unknown', sum.unknown], ['none', sum.not_applicable]].filter(([, count]) => count > 0);
      byId('summary').append(
        el('div', { class: 'cards' },
          card('Pass', sum.compliant, 'pass', '', 'pass'),
          card('Fail', sum.non_compliant, 'fail', sum.waived ? `${number(sum.waived)} of them waived` : '', 'fail'),
          card('Unknown', sum.unknown, 'unknown', 'not proved either way', 'unknown'),
          card('Not applicable', sum.not_applicable, 'none', '', 'not_applicable'),
          card('Waived', sum.waived, 'waived', 'counted in fail', 'waived')),
        el('div', { class: 'bar', role: 'img', 'aria-label': `${number(sum.compliant)} pass, ${number(sum.non_compliant)} fail of which ${number(sum.waived)} waived, ${number(sum.unknown)} unknown, ${number(sum.not_applicable)} not applicable` },
          parts.map(([tone, count]) => {
            const part = el('i', { class: tone });
            part.style.flexGrow = count;
            return part;
          })),
        el('p', { class: 'headline' }, judged ? `${percent} % compliant: ${number(sum.compliant)} of ${number(judged)} judged, ${number(sum.unknown)} unknown`
          : 'Nothing was judged, so there is no percentage.'));
      asides.push(`Posture: ${plural(sum.total_evaluations, 'evaluation', 'evaluations')} of ${plural(rules.size, 'rule', 'rules')} on ${plural(sum.total_resources, 'resource', 'resources')}.`);
    } else asides.push(views.posture.absent);
    const count = (rows, test) => number(rows.filter(test).length);
    asides.push(!data.violations ? views.violations.absent : `Violations: ${number(data.violations.length)}, of which ${count(data.violations, (row) => row.outcome === 'done')} done, ${count(data.violations, (row) => row.outcome === 'attempted')} attempted; ${count(data.violations, (row) => row.suppressed)} suppressed.`);
    if (data.access) accessAsides(count).forEach((text) => asides.push(text));
    else asides.push(views.access.absent);
    byId('summary').append(el('div', { class: 'asides' }, asides.map((text) => el('p', null, text))));
  }

  function accessAsides(count) {
    const { rows } = views.access;
    const became = (...kinds) => count(rows, (row) => kinds.includes(row.change));
    const powerful = (word) => count(data.access, (row) => row.administrator === word);
    const unknowns = count(data.access, (row) => row.unknown.length || row.stale_undecided.length || row.change === 'unknown');
    const texts = [`Access: ${plural(data.access.length, 'user', 'users')}; ${powerful('yes')} administrators, ${powerful('yes-if')} under conditions, ${powerful('unknown')} unknown; `
      + `${count(data.access, (row) => row.stale.length)} stale, ${count(data.access, (row) => staleWord(row) === 'unknown')} unknown; `
      + `${count(data.access, missesMfa)} with console access and no MFA, ${count(data.access, (row) => row.mfa === 'unknown')} with MFA unknown; of ${unknowns} something is unknown.`];
    const scans = (data.access_review && data.access_review.scans) || [];
    const first = scans.filter((scan) => !scan.previous).length;
    const partial = scans.filter((scan) => !scan.latest.complete).length;
    const times = [...new Set(scans.map((scan) => moment(scan.latest.timestamp)))].sort();
    if (scans.length) texts.push([`Users as of ${times.length > 2 ? `${times[0]} to ${times[times.length - 1]}` : times.join(' and ')}`,
      `${became('new')} new, ${became('gone')} gone, ${became('changed', 'replaced')} changed since the scan before`,
      Number(became('new-or-not-seen-before', 'not-seen', 'unknown')) && `${became('new-or-not-seen-before', 'not-seen', 'unknown')} not comparable`,
      first && `${plural(first, 'account has', 'accounts have')} no scan before`,
      partial && `the scans of ${plural(partial, 'account is', 'accounts are')} not complete`].filter(Boolean).join('; ') + '.');
    return texts;
  }

  function drawTabs() {
    byId('tabs').append(...Object.entries(views).map(([name, { label, rows }]) => el('button', {
      type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'panel', onclick: () => openTab(name),
    }, label, el('span', { class: 'count' }, rows ? number(rows.length) : '–'))));
  }

  // The keyboard and the mouse.

  /** Moves along a list of siblings the way arrow keys do; answers nothing for other keys. */
  function neighbour(event, node, back, forth) {
    return { [back]: node.previousElementSibling, [forth]: node.nextElementSibling,
      Home: node.parentNode.firstElementChild, End: node.parentNode.lastElementChild }[event.key];
  }

  byId('tabs').addEventListener('keydown', (event) => {
    const tab = neighbour(event, event.target, 'ArrowLeft', 'ArrowRight');
    if (!tab) return;
    event.preventDefault();
    openTab(tab.id.slice(4), true);
  });
  byId('rows').addEventListener('click', (event) => {
    const row = event.target.closest('tr[data-at]');
    // Someone who is selecting text to copy does not want the panel.
    if (row && !String(getSelection())) openDetails(row);
  });
  byId('rows').addEventListener('focusin', (event) => {
    for (const row of byId('rows').querySelectorAll('tr[tabindex="0"]')) row.tabIndex = -1;
    event.target.closest('tr').tabIndex = 0;
  });
  byId('rows').addEventListener('keydown', (event) => {
    const row = event.target.closest('tr[data-at]');
    const next = row && neighbour(event, row, 'ArrowUp', 'ArrowDown');
    if (row && (event.key === 'Enter' || event.key === ' ')) openDetails(row);
    else if (next) next.focus();
    else return;
    event.preventDefault();
  });
  byId('export').addEventListener('click', exportCsv);
  byId('details-close').addEventListener('click', () => closeDetails(true));
  addEventListener('keydown', (event) => { if (event.key === 'Escape') closeDetails(true); });
  byId('skip').addEventListener('click', (event) => {
    event.preventDefault();
    byId('panel').focus();
  });
  addEventListener('hashchange', () => {
    const name = location.hash.slice(1);
    if (Object.hasOwn(views, name) && views[name] !== view) openTab(name);
  });
  addEventListener('beforeprint', () => {
    // Paper cannot unfold the rest of the scope.
    byId('scope').querySelectorAll('details').forEach((rest) => { rest.open = true; });
    drawRows(true);
  });
  addEventListener('afterprint', () => drawRows(false));

  drawScope();
  drawSummary();
  drawTabs();
  Object.values(views).forEach((one) => reset(one, {}));
  const asked = location.hash.slice(1);
  openTab(Object.hasOwn(views, asked) ? asked : Object.keys(views).find((name) => views[name].rows) || 'posture');
})();
